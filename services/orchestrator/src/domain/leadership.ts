// Which of several orchestrators runs the comparisons. Two that lead for a moment do no harm (results are put
// conditionally, a status names its term), so leadership is about doing work once, not about being right.

/** One time of leading. */
export interface Term {
  /** Rises from leader to leader: what a later one has written stands. */
  readonly number: number;
  /** Aborts when leading ends, because another may lead now or because this one stops. */
  readonly signal: AbortSignal;
  /** False once another may lead: then nothing may be tidied up any more. */
  isHeld(): boolean;
}

export interface Leadership {
  /**
   * Does `work` whenever this process leads, until the signal aborts; then resolves when `work` has ended and the
   * leadership is given up, so that another can take it at once.
   */
  lead(work: (term: Term) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** Of a lone process. Its term is the lowest: nobody is kept out, and nobody keeps it out. */
export const alwaysLeader: Leadership = {
  lead: (work, signal) => work({ number: 0, signal, isHeld: () => true }),
};
