// Colours of strategies: Okabe and Ito's palette without yellow and black, then Paul Tol's muted one, told apart
// with the common colour vision deficiencies. Random is grey. Each has a lighter twin for dark pages.

import { BASELINE } from './build.js';

interface Colour {
  readonly light: string;
  readonly dark: string;
}

export const baselineColour: Colour = { light: '#6b7280', dark: '#a3abb8' };

export const colours: readonly Colour[] = [
  { light: '#0072b2', dark: '#4ba9e6' },
  { light: '#d55e00', dark: '#f58a3c' },
  { light: '#009e73', dark: '#2fc79b' },
  { light: '#cc79a7', dark: '#e29bc4' },
  { light: '#e69f00', dark: '#f0b53a' },
  { light: '#56b4e9', dark: '#8fd0f5' },
  { light: '#332288', dark: '#9d8df1' },
  { light: '#882255', dark: '#d1669a' },
  { light: '#117733', dark: '#4fb36d' },
  { light: '#999933', dark: '#c9c95f' },
];

/** Colours by name, random grey, the others in order; after the last the first comes again. */
export function coloursOf(strategies: readonly string[]): Map<string, Colour> {
  let next = 0;
  return new Map(
    strategies.map((name) => {
      if (name === BASELINE) return [name, baselineColour];
      return [name, colours[next++ % colours.length] as Colour];
    }),
  );
}
