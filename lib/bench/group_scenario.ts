import { LoadBench, stageGroup } from "./relay_scenario.ts";
import { RelayStage } from "./relay_stage.ts";
import type { Scenario } from "./scenario.ts";

const USUAL_READERS = [10, 100];
const WINDOW = 8;

/** `group`: what it costs a relay to hand one message to many. */
export const groupScenario: Scenario = {
  name: "group",
  brief: "fan-out: messages a second that one conversation delivers to all of its members",
  async run(settings, record) {
    await using stage = await RelayStage.open(settings.program);
    for (const readers of settings.clients === undefined ? USUAL_READERS : [settings.clients]) {
      settings.onProgress(`connecting ${readers} members`);
      const group = await stageGroup(stage, `g${readers}`, readers, settings.signal);
      await using bench = await LoadBench.open(stage, [group], settings, record);
      await bench.closedLoop(`1 writer to ${readers} members, window ${WINDOW}`, WINDOW);
    }
  },
};
