// SPDX-FileCopyrightText: 2026 The streamo_ros authors
// SPDX-License-Identifier: Apache-2.0
// The rule that decides, as streamo_ros/core/decision.py has it; a test holds the two together.

export const UNKNOWN = 0, SILENCE = 1, STANDBY = 2, RESPONSE = 3;

function chosen(chance, rival, threshold) {
  return threshold > 0 ? chance >= threshold : chance > rival;
}

/** What the probability of Response is compared with in one frame. */
function bar([silence, standby], thresholds) {
  return thresholds.response > 0 ? thresholds.response : Math.max(silence, standby);
}

/** The state of one frame: chances are [silence, standby, response]. */
export function decide(chances, thresholds, mayRespond = true) {
  const silence = chances[0], response = chances[2];
  // A gate gives one score, which both thresholds are compared with.
  const standby = thresholds.scored ? response : chances[1];
  if (mayRespond && chosen(response, bar(chances, thresholds), thresholds.response)) return RESPONSE;
  return chosen(standby, silence, thresholds.standby) ? STANDBY : SILENCE;
}

/**
 * What other thresholds would have decided about recorded frames, in order.
 * samples: {stamp: BigInt, chances: [3] or null, stream}; cooldown: BigInt, nanoseconds.
 */
export function redecide(samples, thresholds, cooldown = 0n) {
  const states = new Uint8Array(samples.length);
  const hysteresis = thresholds.hysteresis || 0;
  let quietUntil = 0n, stream = 0, spent = false;
  samples.forEach((sample, at) => {
    if (sample.stream !== stream) {
      // A new stream is a new dialogue.
      stream = sample.stream;
      quietUntil = 0n;
      spent = false;
    }
    if (sample.chances === null) return;
    // After a Response its probability must fall before there is another.
    if (!hysteresis || sample.chances[2] < bar(sample.chances, thresholds) - hysteresis) spent = false;
    states[at] = decide(sample.chances, thresholds, !spent && (!cooldown || sample.stamp >= quietUntil));
    if (states[at] !== RESPONSE) return;
    spent = true;
    quietUntil = sample.stamp + cooldown;
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
