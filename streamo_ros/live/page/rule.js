// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// The rule that decides, as streamo_ros/core/decision.py has it; a test holds the two together.

export const UNKNOWN = 0, SILENCE = 1, STANDBY = 2, RESPONSE = 3;

function chosen(chance, rival, threshold) {
  return threshold > 0 ? chance >= threshold : chance > rival;
}

/** The state of one frame: chances are [silence, standby, response]. */
export function decide(chances, thresholds, mayRespond = true) {
  const silence = chances[0], response = chances[2];
  // A gate gives one score, which both thresholds are compared with.
  const standby = thresholds.scored ? response : chances[1];
  if (mayRespond && chosen(response, Math.max(silence, standby), thresholds.response)) return RESPONSE;
  return chosen(standby, silence, thresholds.standby) ? STANDBY : SILENCE;
}

/**
 * What other thresholds would have decided about recorded frames, in order.
 * samples: {stamp: BigInt, chances: [3] or null, stream}; cooldown: BigInt, nanoseconds.
 */
export function redecide(samples, thresholds, cooldown = 0n) {
  const states = new Uint8Array(samples.length);
  let quietUntil = 0n, stream = 0;
  samples.forEach((sample, at) => {
    if (sample.stream !== stream) {
      // A new stream is a new dialogue.
      stream = sample.stream;
      quietUntil = 0n;
    }
    if (sample.chances === null) return;
    states[at] = decide(sample.chances, thresholds, !cooldown || sample.stamp >= quietUntil);
    if (cooldown && states[at] === RESPONSE) quietUntil = sample.stamp + cooldown;
  });
  return states;
}

/** The index of the first element of a sorted list that is not before a moment. */
export function firstFrom(list, at) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].at < at) low = middle + 1; else high = middle;
  }
  return low;
}
