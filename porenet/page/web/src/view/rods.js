// Thin rods, many at once: edges of the triple-phase boundary, trails of particles, the frame of the box.
// Each is one quad turned to the eye and shaded as a round bar; drawn as lines they would be a pixel thin anywhere.
import {
  CustomBlending, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry, Float32BufferAttribute, Mesh, OneFactor, OneMinusSrcAlphaFactor,
  ShaderMaterial, Sphere, Vector3,
} from "three";

const vertexShader = /* glsl */ `
in vec3 from; in vec3 to; in vec3 tint; in vec2 radius;
out vec3 vTint; out vec3 vPlace; out float vSide;
void main() {
  vec3 a = (modelViewMatrix * vec4(from, 1.0)).xyz, b = (modelViewMatrix * vec4(to, 1.0)).xyz;
  vec3 along = b - a;
  vec3 at = mix(a, b, position.x);
  vec3 side = normalize(cross(along, at) + vec3(0.0, 1e-9, 0.0));
  at += side * position.y * mix(radius.x, radius.y, position.x);
  vTint = tint; vSide = position.y; vPlace = mix(from, to, position.x);
  gl_Position = projectionMatrix * vec4(at, 1.0);
}
`;
const fragmentShader = /* glsl */ `
precision highp float;
uniform vec3 uLow; uniform vec3 uHigh; // world
in vec3 vTint; in vec3 vPlace; in float vSide;
out vec4 outColour;
void main() {
  if (any(lessThan(vPlace, uLow)) || any(greaterThan(vPlace, uHigh))) discard;
  outColour = vec4(vTint * (0.62 + 0.38 * sqrt(max(1.0 - vSide * vSide, 0.0))), 1.0);
}
`;

export class Rods {
  /** @param {number} capacity most rods at a time */
  constructor(capacity) {
    const geometry = new InstancedBufferGeometry();
    geometry.setAttribute("position", new Float32BufferAttribute([0, -1, 0, 1, -1, 0, 1, 1, 0, 0, 1, 0], 3));
    geometry.setIndex([0, 1, 2, 0, 2, 3]);
    for (const [name, size] of [["from", 3], ["to", 3], ["tint", 3], ["radius", 2]]) {
      geometry.setAttribute(name, new InstancedBufferAttribute(new Float32Array(size * capacity), size));
    }
    geometry.boundingSphere = new Sphere(new Vector3(), 10);
    geometry.instanceCount = 0;
    this.material = new ShaderMaterial({
      vertexShader, fragmentShader, glslVersion: GLSL3, transparent: true, side: 2,
      blending: CustomBlending, blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor,
      uniforms: { uLow: { value: new Vector3(-9, -9, -9) }, uHigh: { value: new Vector3(9, 9, 9) } },
    });
    this.capacity = capacity;
    this.count = 0;
    this.mesh = new Mesh(geometry, this.material);
    this.mesh.frustumCulled = false;
  }

  clear() {
    this.count = 0;
  }

  /** @param {number[]} from world, as `to` @param {number[]} tint 0 to 1 @param {number} thin radius at `from` */
  add(from, to, tint, thin, thick = thin) {
    if (this.count === this.capacity) return;
    const { from: a, to: b, tint: c, radius } = this.mesh.geometry.attributes;
    a.array.set(from, 3 * this.count);
    b.array.set(to, 3 * this.count);
    c.array.set(tint, 3 * this.count);
    radius.array.set([thin, thick], 2 * this.count);
    this.count += 1;
  }

  /** Tells the graphics card what was added since `clear`. */
  commit() {
    const { geometry } = this.mesh;
    geometry.instanceCount = this.count;
    for (const name of ["from", "to", "tint", "radius"]) {
      const attribute = geometry.attributes[name];
      attribute.clearUpdateRanges();
      attribute.addUpdateRange(0, this.count * attribute.itemSize);
      attribute.needsUpdate = true;
    }
  }

  clip(low, high) {
    this.material.uniforms.uLow.value.copy(low);
    this.material.uniforms.uHigh.value.copy(high);
  }

  dispose() {
    this.mesh.geometry.dispose();
    this.material.dispose();
  }
}
