/** What has to be undone at the end, in reverse order; each step is done once, and one that fails does not stop the rest. */
export type Undo = ReturnType<typeof createUndo>;

export function createUndo() {
  const steps: (() => unknown)[] = [];
  return {
    add: (step: () => unknown) => void steps.push(step),
    all: async (): Promise<void> => {
      const failures: unknown[] = [];
      for (let step = steps.pop(); step; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
