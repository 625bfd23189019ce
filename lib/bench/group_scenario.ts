import { LoadBench, stageGroup } from "./relay_scenario.ts";
import { RelayStage } from "./relay_stage.ts";
import type { Recorder, ScenarioSettings } from "./scenario.ts";

const USUAL_READERS = [10, 100];
const WINDOW = 8;

/** `group`: what it costs a relay to hand one message to many. */
export async function runGroupScenario(settings: ScenarioSettings, record: Recorder): Promise<void> {
  await using stage = await RelayStage.open(settings.program);
  for (const readers of settings.clients === undefined ? USUAL_READERS : [settings.clients]) {
    settings.onProgress(`connecting ${readers} members`);
    const group = await stageGroup(stage, `g${readers}`, readers, settings.signal);
    await using bench = await LoadBench.open(stage, [group], settings, record);
    await bench.closedLoop(`1 writer to ${readers} members, window ${WINDOW}`, WINDOW);
  }
}
