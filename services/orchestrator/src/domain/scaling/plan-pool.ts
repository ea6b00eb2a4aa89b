// What to do about one workload: a pure function of what is seen, so that whoever takes over goes on from there. Workers
// that are to go are asked to drain; drained ones get a low deletion cost; once that is seen the replicas are reduced by
// their number. A ReplicaSet deletes pods that are not ready first, then those of lowest cost.

export interface Member {
  /** Of worker and pod. */
  readonly id: string;
  /** The pod is ready. */
  readonly ready: boolean;
  /** What its worker says of itself; `none`: nothing. */
  readonly state: 'none' | 'serving' | 'draining' | 'drained';
  /** Tasks in work. */
  readonly busy: number;
  /** It is asked to drain. */
  readonly asked: boolean;
  /** Its pod's deletion cost is low. */
  readonly low: boolean;
  /** It has not done what it was asked, or said nothing at all, for longer than any living worker would. */
  readonly overdue: boolean;
}

export interface PoolSight {
  /** Asked for now. */
  readonly replicas: number;
  readonly min: number;
  readonly max: number;
  /** By what there is to do. */
  readonly wanted: number;
  /** Its pods are being replaced: then which of them go is not ours to say. */
  readonly rolling: boolean;
  /** Workers whose pods are there and have not been told to end. */
  readonly members: readonly Member[];
}

/** Ids, to be acted upon in this order. */
export interface PoolPlan {
  /** Deletion cost back to normal. */
  readonly raise: readonly string[];
  readonly lift: readonly string[];
  readonly drain: readonly string[];
  /** Deletion cost to low. */
  readonly lower: readonly string[];
  readonly replicas: number;
}

export function planPool(sight: PoolSight): PoolPlan {
  const { replicas, max, rolling, members } = sight;
  const desired = clamp(sight.wanted, Math.min(sight.min, max), max);
  const doomed = members.filter((member) => isFree(member) && member.low);
  // The replicas were reduced already; the pods will follow.
  const leaving = doomed.slice(0, Math.max(0, members.length - replicas));
  const staying = members.filter((member) => !leaving.includes(member));
  const surplus = Math.max(0, replicas - desired);
  const missing = Math.min(surplus, Math.max(0, replicas - staying.length));
  const going = chooseGoing(staying, surplus - missing, replicas > max);
  const kept = staying.filter((member) => !going.includes(member));
  const free = going.filter(isFree);
  const gone = free.filter(({ low }) => low);
  const remaining = staying.filter((member) => !gone.includes(member));
  // One that is not ready but works all the same would be deleted before the drained ones; one that seemed gone, got a low
  // cost and is back, in place of one of them, until it is seen to be raised.
  const unsafe = rolling
    ? remaining.length > 0
    : remaining.some(
        (member) => (!member.ready && member.state !== 'none') || (member.low && !isFree(member)),
      );
  const reduced = unsafe ? replicas : replicas - missing - gone.length;
  return {
    raise: ids(staying.filter((member) => member.low && !free.includes(member))),
    lift: ids(kept.filter(({ asked }) => asked)),
    drain: ids(going.filter(({ asked }) => !asked)),
    lower: ids(free.filter(({ low }) => !low)),
    replicas: surplus > 0 ? reduced : desired,
  };
}

/** Takes nothing any more, and has nothing. */
function isFree({ asked, state, ready, overdue }: Member): boolean {
  return asked && (state === 'drained' || (state === 'none' && (!ready || overdue)));
}

/** Those nearest to going; of the busy only where the pool must shrink, and then when they have finished. */
function chooseGoing(members: readonly Member[], count: number, mustShrink: boolean): Member[] {
  return members
    .filter((member) => !isDeaf(member))
    .filter(({ asked, busy }) => asked || busy === 0 || mustShrink)
    .sort((a, b) => distance(a) - distance(b) || (a.id < b.id ? -1 : 1))
    .slice(0, count);
}

/** It works but does not hear that it is to drain: another one is asked. */
function isDeaf({ asked, state, overdue }: Member): boolean {
  return asked && state === 'serving' && overdue;
}

function distance(member: Member): number {
  if (isFree(member)) return member.low ? 0 : 1;
  if (member.state === 'none' && !member.ready) return 2;
  if (member.busy === 0) return member.asked ? 3 : 4;
  return member.asked ? 5 : 6;
}

function ids(members: readonly Member[]): string[] {
  return members.map(({ id }) => id);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
