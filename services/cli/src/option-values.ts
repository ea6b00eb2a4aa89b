// Values of options, checked by commander before a command runs.

import { InvalidArgumentError } from 'commander';

export function atLeastOne(text: string): number {
  return integer(text, 1, 0x7fff_ffff);
}

export function atLeastTwo(text: string): number {
  return integer(text, 2, 0x7fff_ffff);
}

export function notNegative(text: string): number {
  return integer(text, 0, 0x7fff_ffff);
}

export function priority(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Math.abs(value) <= 1_000) return value;
  throw new InvalidArgumentError('It must be an integer from -1000 to 1000.');
}

export function seed(text: string): number {
  return integer(text, 0, Number.MAX_SAFE_INTEGER);
}

export function port(text: string): number {
  return integer(text, 0, 65_535);
}

export function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

function integer(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be an integer from ${least} to ${most}.`);
}

export function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
