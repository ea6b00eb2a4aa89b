// Who may do what: three roles, each of which may do all that the ones before it may.

export const ROLES = ['viewer', 'submitter', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who made a call, as far as the server checked it. */
export interface Caller {
  /** Of a static token its name, of a JWT its subject, of a client certificate its common name. */
  readonly name: string;
  readonly role: Role;
}

/** Every caller of a server without authentication, which listens on loopback alone. */
export const ANYONE: Caller = { name: 'anyone', role: 'admin' };

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

export function mayActAs(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}

/** Undefined where none of the values is a role. */
export function highestRole(values: readonly unknown[]): Role | undefined {
  return ROLES.findLast((role) => values.includes(role));
}
