// The one error class of the system: a closed code, facts as fields, and violations that name what is wrong
// with the input. Codes follow gRPC's, so that the mapping in libs/grpc is a table.

export type ErrorCode =
  | 'cancelled'
  | 'invalid-argument'
  | 'deadline-exceeded'
  | 'not-found'
  | 'already-exists'
  | 'permission-denied'
  | 'resource-exhausted'
  | 'failed-precondition'
  | 'aborted'
  | 'unimplemented'
  | 'internal'
  | 'unavailable'
  | 'data-loss'
  | 'unauthenticated';

/** One thing wrong with one field of the input, e.g. `protocol.initialLabels`: must be at least 1. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export type Facts = Readonly<Record<string, string | number | boolean>>;

export interface AppErrorOptions {
  /** Stable, machine-readable cause in upper snake case, e.g. `STORE_FULL`. Default: derived from the code. */
  readonly reason?: string;
  readonly facts?: Facts;
  readonly violations?: readonly FieldViolation[];
  /** Whether the same call may succeed later without a change. Default: true for `unavailable` only. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly reason: string;
  readonly facts: Facts;
  readonly violations: readonly FieldViolation[];
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason ?? code.toUpperCase().replaceAll('-', '_');
    this.facts = options.facts ?? {};
    this.violations = options.violations ?? [];
    this.retryable = options.retryable ?? code === 'unavailable';
  }

  /** Bad input, with every violation at once. The message lists them for people who only see text. */
  static invalid(what: string, violations: readonly FieldViolation[]): AppError {
    const lines = violations.map((v) => (v.field === '' ? v.description : `${v.field}: ${v.description}`));
    return new AppError('invalid-argument', `${what}\n  ${lines.join('\n  ')}`, { violations });
  }

  /** Wraps whatever was thrown, once, at the edge of a component. Aborts become `cancelled`. */
  static from(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    if (thrown instanceof Error) {
      const code: ErrorCode = thrown.name === 'AbortError' ? 'cancelled' : 'internal';
      const cause = code === 'cancelled' ? thrown.cause : undefined;
      if (cause instanceof AppError) return cause;
      return new AppError(code, thrown.message, { cause: thrown });
    }
    return new AppError('internal', String(thrown), { cause: thrown });
  }
}
