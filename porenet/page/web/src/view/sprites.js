// Particles as round marks that face the eye. Shape tells the state as well as colour does: disc moving, ring waiting
// or reacting, cross stuck.
import {
  BufferAttribute, BufferGeometry, CustomBlending, DynamicDrawUsage, GLSL3, OneFactor, OneMinusSrcAlphaFactor, Points, ShaderMaterial, Vector3,
} from "three";

export const DISC = 0;
export const RING = 1;
export const CROSS = 2;

const vertexShader = /* glsl */ `
uniform float uPixels; // of a world length of 1 at a distance of 1
uniform vec3 uLow; uniform vec3 uHigh;
in vec3 tint; in vec3 mark; // radius in the world, shape, alpha
out vec3 vTint; out vec2 vMark; out float vPixels;
void main() {
  vec4 place = modelViewMatrix * vec4(position, 1.0);
  gl_Position = projectionMatrix * place;
  vPixels = max(2.0 * mark.x * uPixels / -place.z, 3.0);
  gl_PointSize = vPixels;
  vTint = tint; vMark = mark.yz;
  if (any(lessThan(position, uLow)) || any(greaterThan(position, uHigh))) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
`;
const fragmentShader = /* glsl */ `
precision highp float;
in vec3 vTint; in vec2 vMark; in float vPixels;
out vec4 outColour;
void main() {
  vec2 at = gl_PointCoord * 2.0 - 1.0;
  float far = length(at), soft = 3.0 / vPixels;
  float cover = 1.0 - smoothstep(1.0 - soft, 1.0, far);
  vec3 colour = mix(vTint, vTint * 0.28, smoothstep(0.68, 0.68 + soft, far)); // a dark rim, seen on any phase
  colour += 0.35 * vec3(1.0 - smoothstep(0.0, 0.6, length(at + vec2(0.28, 0.32)))) * (1.0 - smoothstep(0.6, 0.7, far));
  if (vMark.x > 1.5) {
    float bar = min(abs(at.x + at.y), abs(at.x - at.y));
    cover *= 1.0 - smoothstep(0.42, 0.42 + soft, bar);
    colour = mix(vTint, vTint * 0.28, smoothstep(0.24, 0.24 + soft, bar));
  } else if (vMark.x > 0.5) {
    cover *= smoothstep(0.5 - soft, 0.5, far);
    colour = vTint;
  }
  cover *= vMark.y;
  if (cover < 0.05) discard;
  outColour = vec4(colour * cover, cover);
}
`;

export class Sprites {
  constructor(capacity) {
    const geometry = new BufferGeometry();
    for (const [name, size] of [["position", 3], ["tint", 3], ["mark", 3]]) {
      geometry.setAttribute(name, new BufferAttribute(new Float32Array(size * capacity), size).setUsage(DynamicDrawUsage));
    }
    this.material = new ShaderMaterial({
      vertexShader, fragmentShader, glslVersion: GLSL3, transparent: true,
      blending: CustomBlending, blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor,
      uniforms: { uPixels: { value: 500 }, uLow: { value: new Vector3(-9, -9, -9) }, uHigh: { value: new Vector3(9, 9, 9) } },
    });
    this.capacity = capacity;
    this.count = 0;
    this.points = new Points(geometry, this.material);
    this.points.frustumCulled = false;
    geometry.setDrawRange(0, 0);
  }

  clear() {
    this.count = 0;
  }

  add(place, tint, radius, shape, alpha = 1) {
    if (this.count === this.capacity) return;
    const { position, tint: colour, mark } = this.points.geometry.attributes;
    position.array.set(place, 3 * this.count);
    colour.array.set(tint, 3 * this.count);
    mark.array.set([radius, shape, alpha], 3 * this.count);
    this.count += 1;
  }

  commit() {
    const { geometry } = this.points;
    geometry.setDrawRange(0, this.count);
    for (const attribute of Object.values(geometry.attributes)) {
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
    this.points.geometry.dispose();
    this.material.dispose();
  }
}
