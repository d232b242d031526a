// Walks each pixel's ray from voxel to voxel (Amanatides and Woo's grid traversal), so that every voxel stays a voxel.
// What was drawn before (particles, edges) is taken in at its depth, translucent voxels in front of it included.

export const vertexShader = /* glsl */ `
void main() { gl_Position = vec4(position.xy, 1.0, 1.0); }
`;

export const fragmentShader = /* glsl */ `
precision highp float;
precision highp int;
precision highp sampler3D;

uniform sampler3D uVoxels;      // r: label, g: network bits
uniform sampler2D uLookup;      // colour and opacity by (label, network bits)
uniform sampler2D uDrawn;       // particles and edges, premultiplied
uniform sampler2D uDrawnDepth;
uniform mat4 uClipToWorld;
uniform mat4 uWorldToVoxel;
uniform vec3 uEye;
uniform vec4 uTile;             // x, y, width, height of the viewport, pixels
uniform vec2 uTarget;           // size of what was drawn, pixels
uniform vec3 uLow;              // the cut-out box, voxels
uniform vec3 uHigh;
uniform vec3 uKey;             // towards the light, world
uniform vec3 uFog;
uniform int uSteps;

out vec4 outColour;

vec4 classAt(ivec3 cell, out int label) {
  vec2 found = texelFetch(uVoxels, cell, 0).rg * 255.0 + 0.5;
  label = int(found.r);
  return texelFetch(uLookup, ivec2(label, int(found.g)), 0);
}

float solid(ivec3 cell) {
  if (any(lessThan(vec3(cell), uLow)) || any(greaterThanEqual(vec3(cell), uHigh))) return 0.0;
  int label;
  return step(0.5, classAt(cell, label).a);
}

// Corners of the face that lie in a nook are darker: shapes of voxels read without any smoothing of them.
float openness(ivec3 cell, ivec3 normal, vec3 inside) {
  ivec3 u = normal.x != 0 ? ivec3(0, 1, 0) : ivec3(1, 0, 0);
  ivec3 v = normal.z != 0 ? ivec3(0, 1, 0) : ivec3(0, 0, 1);
  ivec3 front = cell + normal;
  float west = solid(front - u), east = solid(front + u), south = solid(front - v), north = solid(front + v);
  float sw = max(solid(front - u - v), west * south), se = max(solid(front + u - v), east * south);
  float nw = max(solid(front - u + v), west * north), ne = max(solid(front + u + v), east * north);
  vec2 at = vec2(dot(inside, vec3(u)), dot(inside, vec3(v)));
  float low = mix(west + south + sw, east + south + se, at.x);
  float high = mix(west + north + nw, east + north + ne, at.x);
  return 1.0 - 0.2 * mix(low, high, at.y);
}

vec3 toWorld(vec3 n) { return vec3(n.x, -n.z, n.y); }

// Which way the surface leans among the 26 voxels around; it tilts the face's normal so that round things look round.
vec3 lean(ivec3 cell) {
  vec3 sum = vec3(0.0);
  for (int z = -1; z <= 1; z++) for (int y = -1; y <= 1; y++) for (int x = -1; x <= 1; x++) {
    ivec3 way = ivec3(x, y, z);
    vec3 there = clamp(vec3(cell + way), uLow, uHigh - 1.0);
    sum -= solid(ivec3(there)) * vec3(way);
  }
  return sum / 9.0;
}

vec3 lit(vec3 colour, ivec3 cell, ivec3 normal, vec3 inside, float alpha, bool cut, vec3 toEye, float away) {
  vec3 n = vec3(normal);
  float shade = 1.0;
  if (alpha > 0.5 && !cut) {
    shade = openness(cell, normal, inside);
    n = normalize(n + 0.8 * lean(cell));
  }
  vec3 world = normalize(toWorld(n));
  float key = max(dot(world, uKey), 0.0);
  float head = max(dot(world, toEye), 0.0);
  // Faint surfaces hardly take part in the light: many of them in a row would add up to soot.
  vec3 light = colour * (alpha > 0.5 ? (0.5 + 0.36 * key + 0.24 * head) * shade : 0.86 + 0.18 * head);
  return mix(light, uFog, clamp(0.16 * away, 0.0, 0.22));
}

void main() {
  vec2 ndc = (gl_FragCoord.xy - uTile.xy) / uTile.zw * 2.0 - 1.0;
  vec4 far = uClipToWorld * vec4(ndc, 1.0, 1.0);
  vec3 ray = normalize(far.xyz / far.w - uEye);

  vec2 texel = gl_FragCoord.xy / uTarget;
  vec4 drawn = texture(uDrawn, texel);
  float drawnAt = 1e9;
  float depth = texture(uDrawnDepth, texel).r;
  if (depth < 1.0) {
    vec4 place = uClipToWorld * vec4(ndc, depth * 2.0 - 1.0, 1.0);
    drawnAt = length(place.xyz / place.w - uEye);
  }

  vec3 start = (uWorldToVoxel * vec4(uEye, 1.0)).xyz;
  vec3 way = mat3(uWorldToVoxel) * ray;
  way = mix(way, vec3(1e-7), lessThan(abs(way), vec3(1e-7)));
  vec3 inverse = 1.0 / way;
  vec3 enter = min((uLow - start) * inverse, (uHigh - start) * inverse);
  vec3 leave = max((uLow - start) * inverse, (uHigh - start) * inverse);
  float t = max(max(enter.x, enter.y), enter.z);
  float end = min(min(leave.x, leave.y), leave.z);

  vec3 colour = vec3(0.0);
  float through = 1.0;
  bool pending = true;

  if (t < end && end > 0.0) {
    bvec3 by = equal(vec3(t), enter);
    bool outer = t > 0.0;
    t = max(t, 0.0);
    float nearest = t;
    ivec3 forward = ivec3(sign(way));
    ivec3 normal = -forward * (by.x ? ivec3(1, 0, 0) : by.y ? ivec3(0, 1, 0) : ivec3(0, 0, 1));
    ivec3 cell = ivec3(clamp(floor(start + way * t), uLow, uHigh - 1.0));
    vec3 ahead = max(vec3(forward), 0.0);
    int before = -1;
    for (int count = 0; count < uSteps; count++) {
      int label;
      vec4 shown = classAt(cell, label);
      if (pending && t > drawnAt) {
        pending = false;
        colour += through * drawn.rgb;
        through *= 1.0 - drawn.a;
      }
      if (shown.a <= 0.0) {
        before = -1;
      } else if (label != before) {
        before = label;
        vec3 at = start + way * t;
        colour += through * shown.a * lit(shown.rgb, cell, normal, at - vec3(cell), shown.a, outer, -ray, t - nearest);
        through *= 1.0 - shown.a;
        if (through < 0.02) break;
      }
      outer = false;
      vec3 next = (vec3(cell) + ahead - start) * inverse;
      t = min(min(next.x, next.y), next.z);
      ivec3 over = t == next.x ? ivec3(1, 0, 0) : t == next.y ? ivec3(0, 1, 0) : ivec3(0, 0, 1);
      cell += forward * over;
      normal = -forward * over;
      if (any(lessThan(vec3(cell), uLow)) || any(greaterThanEqual(vec3(cell), uHigh))) break;
    }
  }
  if (pending && through >= 0.02) {
    colour += through * drawn.rgb;
    through *= 1.0 - drawn.a;
  }
  outColour = vec4(colour, 1.0 - through);
}
`;
