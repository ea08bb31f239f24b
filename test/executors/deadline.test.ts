import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDeadline } from '../../src/executors/deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([1, 60, 2_147_483, 2_147_484, 5_000_000])('a task has %i seconds, not more and not less', (seconds) => {
  const deadline = createDeadline(new AbortController().signal, seconds);
  vi.advanceTimersByTime(seconds * 1000 - 1);
  expect([deadline.isOver(), deadline.reason()]).toEqual([false, undefined]);
  vi.advanceTimersByTime(1);
  expect([deadline.isOver(), deadline.signal.aborted]).toEqual([true, true]);
  expect(deadline.reason()).toBe(`Timed out after ${seconds} s.`);
});

it.each([0, 5_000_000])('a task that ended in time leaves no timer behind: %i seconds', (seconds) => {
  const deadline = createDeadline(new AbortController().signal, seconds);
  vi.advanceTimersByTime(3_000_000_000);
  deadline.clear();
  expect([deadline.isOver(), vi.getTimerCount()]).toEqual([false, 0]);
});
