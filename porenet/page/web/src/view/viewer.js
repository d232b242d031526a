// The canvas: one camera, one tile a structure, drawn when something changed and only then.
import { Color, DepthTexture, PerspectiveCamera, UnsignedIntType, Vector3, WebGLRenderTarget, WebGLRenderer } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { SceneError } from "../data/scene.js";
import { Quality } from "./quality.js";
import { VolumePass } from "./volume_pass.js";

const HOME = new Vector3(1.05, 0.62, 1.55);
const FIELD = 30; // degrees across the shorter side of a tile
const NARROW = 560; // px; narrower canvases put two structures one over the other

export class Viewer {
  /** @param {HTMLCanvasElement} canvas @param {(tiles: object[]) => void} placed told after each frame */
  constructor(canvas, placed) {
    this.canvas = canvas;
    this.placed = placed;
    try {
      this.renderer = new WebGLRenderer({ canvas, alpha: true, antialias: false, premultipliedAlpha: true });
    } catch (error) {
      throw new SceneError(`The volumes cannot be drawn: this browser gives no WebGL 2 (${error.message}). Try another browser, or switch hardware acceleration on. The numbers below need none of it.`);
    }
    this.renderer.autoClear = false;
    this.renderer.setClearColor(new Color(0, 0, 0), 0);
    this.camera = new PerspectiveCamera(FIELD, 1, 0.05, 30);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = false;
    this.controls.minDistance = 0.4;
    this.controls.maxDistance = 8;
    this.controls.addEventListener("change", () => this.invalidate());
    this.drawn = new WebGLRenderTarget(4, 4, { samples: 4, depthTexture: new DepthTexture(4, 4, UnsignedIntType) });
    this.pass = new VolumePass();
    this.quality = new Quality(() => this.invalidate(true));
    this.stages = [];
    this.fog = [1, 1, 1];
    this.frames = 0;
    this.waiting = [];
    this.request = 0;
    this.goHome();
    new ResizeObserver(() => this.invalidate()).observe(canvas);
  }

  goHome() {
    this.controls.target.set(0, 0, 0);
    this.camera.position.copy(HOME).normalize().multiplyScalar(3.45);
    this.controls.update();
    this.invalidate();
  }

  /** Turns the camera about its target, radians, or comes nearer by a factor. */
  orbit(across, up, nearer = 1) {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const flat = Math.hypot(offset.x, offset.z);
    const polar = Math.min(Math.max(Math.atan2(flat, offset.y) + up, 0.02), Math.PI - 0.02);
    const turn = Math.atan2(offset.x, offset.z) + across;
    const far = Math.min(Math.max(offset.length() / nearer, this.controls.minDistance), this.controls.maxDistance);
    offset.set(Math.sin(polar) * Math.sin(turn), Math.cos(polar), Math.sin(polar) * Math.cos(turn)).multiplyScalar(far);
    this.camera.position.copy(this.controls.target).add(offset);
    this.controls.update();
    this.invalidate();
  }

  show(stages) {
    this.stages = stages;
    this.invalidate();
  }

  /** Asks for a frame. @param {boolean} settled in full quality, since nothing moves any more */
  invalidate(settled = false) {
    this.settling = settled;
    if (!this.request) this.request = requestAnimationFrame((now) => this.#frame(now));
  }

  /** Promise of a frame in the resolution of the screen that shows everything said so far. */
  frame() {
    return new Promise((done) => {
      this.waiting.push(done);
      this.invalidate(true);
    });
  }

  #frame(now) {
    this.request = 0;
    const settled = this.settling;
    this.settling = false;
    // Who waits for a frame gets one whose size does not hang on how fast the machine is.
    this.draw(this.waiting.length > 0 ? Math.min(devicePixelRatio, 2) : this.quality.ratio(settled));
    this.quality.drew(now, settled);
    if (settled || this.waiting.length > 0) for (const done of this.waiting.splice(0)) done(this.frames);
  }

  /** Draws now. @param {number} ratio pixels of the canvas per CSS pixel */
  draw(ratio) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !this.stages.length) return;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    const { width: across, height: down } = this.canvas;
    this.drawn.setSize(across, down);
    this.renderer.setRenderTarget(null);
    this.renderer.setScissorTest(false);
    this.renderer.setViewport(0, 0, width, height);
    this.renderer.clear();
    const tiles = this.#tiles(width, height);
    for (const { stage, x, y, w, h } of tiles) {
      this.camera.aspect = w / h;
      const short = Math.tan((FIELD * Math.PI) / 360);
      this.camera.fov = (360 / Math.PI) * Math.atan(w < h ? (short * h) / w : short);
      this.camera.updateProjectionMatrix();
      const pixels = [x, height - y - h, w, h].map((value) => Math.round(value * ratio));
      stage.marks.pixels(pixels[3] / (2 * Math.tan((this.camera.fov * Math.PI) / 360)));
      this.drawn.viewport.set(...pixels);
      this.drawn.scissor.set(...pixels);
      this.drawn.scissorTest = true;
      this.renderer.setRenderTarget(this.drawn);
      this.renderer.clear();
      this.renderer.render(stage.scene, this.camera);
      this.renderer.setRenderTarget(null);
      this.renderer.setScissorTest(true);
      this.renderer.setViewport(x, height - y - h, w, h);
      this.renderer.setScissor(x, height - y - h, w, h);
      this.pass.render(this.renderer, stage, this.camera, this.drawn, pixels, this.fog);
      this.placed({ stage, x, y, w, h, camera: this.camera });
    }
    this.frames += 1;
  }

  #tiles(width, height) {
    const number = this.stages.length;
    const over = width < NARROW;
    return this.stages.map((stage, index) => ({
      stage,
      x: over ? 0 : (index * width) / number,
      y: over ? (index * height) / number : 0,
      w: over ? width : width / number,
      h: over ? height / number : height,
    }));
  }
}
