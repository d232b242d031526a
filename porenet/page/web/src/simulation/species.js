// What moves in each mode, by the role of the phase that carries it. Coming in: from its reservoir to the site.

/** role -> [species, how it is written]; `in` meet at a site, `out` leave it, `number` of each for one reaction. */
export const MODES = {
  "fuel cell": {
    text: "H₂ + O²⁻ → H₂O + 2 e⁻",
    in: [{ role: "gas", species: "fuel", text: "H₂", number: 1 }, { role: "ions", species: "ion", text: "O²⁻", number: 1 }],
    out: [{ role: "gas", species: "steam", text: "H₂O", number: 1 }, { role: "electrons", species: "electron", text: "e⁻", number: 2 }],
  },
  electrolysis: {
    text: "H₂O + 2 e⁻ → H₂ + O²⁻",
    in: [{ role: "gas", species: "steam", text: "H₂O", number: 1 }, { role: "electrons", species: "electron", text: "e⁻", number: 2 }],
    out: [{ role: "gas", species: "fuel", text: "H₂", number: 1 }, { role: "ions", species: "ion", text: "O²⁻", number: 1 }],
  },
};
