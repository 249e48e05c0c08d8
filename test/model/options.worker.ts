// An objective that sees every option of a model act, and says which did not.
import * as sluice from 'sluice';
import { exposeObjective } from 'sluice/worker';
import { allActs } from './option-acts.js';

exposeObjective(async () => {
  for (const [set, name, act] of allActs) {
    try {
      await act(sluice);
    } catch (error) {
      throw new Error(`${set}, ${name}: ${(error as Error).message}`);
    }
  }
  return allActs.length;
});
