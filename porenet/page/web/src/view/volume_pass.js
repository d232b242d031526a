// The last pass of a tile: the volume by its rays, over and around what was drawn before it.
import {
  ClampToEdgeWrapping, Data3DTexture, DataTexture, GLSL3, Matrix4, Mesh, NearestFilter, NoBlending, OrthographicCamera,
  PlaneGeometry, RGBAFormat, RGFormat, Scene, ShaderMaterial, UnsignedByteType, Vector2, Vector3, Vector4,
} from "three";
import { HEIGHT, WIDTH, lookupTable } from "./lookup.js";
import { fragmentShader, vertexShader } from "./volume_shader.js";

const LIGHT = new Vector3(-0.55, 0.75, 0.45); // from the eye: above and to the left, wherever one stands

/** Label and network of each voxel, as a texture with x fastest. */
export function voxelTexture({ shape: [nz, ny, nx], labels, network, count }) {
  const pairs = new Uint8Array(2 * count);
  for (let voxel = 0; voxel < count; voxel++) {
    pairs[2 * voxel] = labels[voxel];
    pairs[2 * voxel + 1] = network[voxel] & 7;
  }
  return plain(new Data3DTexture(pairs, nx, ny, nz), RGFormat);
}

export function lookupTexture() {
  return plain(new DataTexture(new Uint8Array(4 * WIDTH * HEIGHT), WIDTH, HEIGHT), RGBAFormat);
}

export function writeLookup(texture, structure, state) {
  texture.image.data.set(lookupTable(structure, state));
  texture.needsUpdate = true;
}

function plain(texture, format) {
  texture.format = format;
  texture.type = UnsignedByteType;
  texture.minFilter = texture.magFilter = NearestFilter;
  texture.wrapS = texture.wrapT = texture.wrapR = ClampToEdgeWrapping;
  texture.generateMipmaps = false;
  texture.unpackAlignment = 1; // rows of an odd number of voxels
  texture.needsUpdate = true;
  return texture;
}

export class VolumePass {
  constructor() {
    this.camera = new OrthographicCamera(-1, 1, 1, -1, 0, 1);
    this.material = new ShaderMaterial({
      vertexShader, fragmentShader, glslVersion: GLSL3, blending: NoBlending, depthTest: false, depthWrite: false,
      uniforms: {
        uVoxels: { value: null }, uLookup: { value: null }, uDrawn: { value: null }, uDrawnDepth: { value: null },
        uClipToWorld: { value: new Matrix4() }, uWorldToVoxel: { value: new Matrix4() }, uEye: { value: new Vector3() },
        uTile: { value: new Vector4() }, uTarget: { value: new Vector2() }, uLow: { value: new Vector3() },
        uHigh: { value: new Vector3() }, uKey: { value: new Vector3() }, uFog: { value: new Vector3(1, 1, 1) },
        uSteps: { value: 0 },
      },
    });
    this.scene = new Scene();
    const quad = new Mesh(new PlaneGeometry(2, 2), this.material);
    quad.frustumCulled = false;
    this.scene.add(quad);
  }

  /** Draws one tile. @param tile [x, y, width, height] in pixels of the target */
  render(renderer, stage, camera, drawn, tile, fog) {
    const { uniforms } = this.material;
    const [nz, ny, nx] = stage.structure.shape;
    uniforms.uVoxels.value = stage.voxels;
    uniforms.uLookup.value = stage.lookup;
    uniforms.uDrawn.value = drawn.texture;
    uniforms.uDrawnDepth.value = drawn.depthTexture;
    uniforms.uClipToWorld.value.multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse).invert();
    uniforms.uWorldToVoxel.value.copy(stage.worldToVoxel);
    uniforms.uEye.value.copy(camera.position);
    uniforms.uTile.value.set(...tile);
    uniforms.uTarget.value.set(drawn.width, drawn.height);
    uniforms.uLow.value.copy(stage.low);
    uniforms.uHigh.value.copy(stage.high);
    uniforms.uKey.value.copy(LIGHT).transformDirection(camera.matrixWorld);
    uniforms.uFog.value.set(...fog);
    uniforms.uSteps.value = nx + ny + nz + 3;
    renderer.render(this.scene, this.camera);
  }
}
