export interface ScaleOptions {
  min: number;
  max: number;
  /** Percent of its processors that an instance is to use. */
  threshold: number;
  /** How long a lower number must have been enough. */
  calmMs: number;
}

export interface Load {
  /** Instances that there are. */
  current: number;
  /** Percent of its processors that one uses, on average. */
  use: number;
  now: number;
}

/** How far from the threshold is near enough, as Kubernetes has it. */
const tolerance = 0.1;

/** How many instances there should be, decided as Kubernetes' HorizontalPodAutoscaler does. */
export function createScale({ min, max, threshold, calmMs }: ScaleOptions): (load: Load) => number {
  let wanted: { at: number; count: number }[] = [];
  return ({ current, use, now }) => {
    const ratio = use / threshold;
    const count = Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(current * ratio);
    // What there is at the first look counts as wanted then.
    if (wanted.length === 0) wanted.push({ at: now, count: current });
    wanted = [...wanted.filter(({ at }) => now - at <= calmMs), { at: now, count }];
    const calm = Math.max(...wanted.map((one) => one.count));
    const target = count < current ? Math.min(calm, current) : Math.min(count, Math.max(2 * current, current + 4));
    return Math.min(Math.max(target, min), max);
  };
}
