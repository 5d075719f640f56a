// graphile-worker, with the local queue and the batched completion that its manual recommends for speed. Prints JSON.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { drained, rate, SINGLE } from "./measure.mjs";

const jobs = Number(process.env.JOBS);
const concurrency = Number(process.env.CONCURRENCY);
const connectionString = process.env.POSTGRES_URL;
const payload = { batch: "01JBENCHBENCHBENCHBENCHBE" };
const logger = new Logger(() => () => {});

const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
const empty = () => utils.withPgClient((client) => client.query("truncate graphile_worker._private_jobs"));
await empty();

const single = await rate(SINGLE, async () => {
  for (let number = 0; number < SINGLE; number++) {
    await utils.addJob("nothing", payload);
  }
});
await empty();
const bulk = await rate(jobs, async () => {
  for (let number = 0; number < jobs; number += 500) {
    const chunk = Array.from({ length: Math.min(500, jobs - number) }, () => ({ identifier: "nothing", payload }));
    await utils.addJobs(chunk);
  }
});

let ended;
const ownBefore = process.cpuUsage();
const drain = await drained(jobs, async (tell) => {
  ended = tell;
  const runner = await run({
    logger,
    noHandleSignals: true,
    taskList: { nothing: async () => {} },
    preset: {
      worker: {
        connectionString,
        concurrentJobs: concurrency,
        maxPoolSize: 10,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
  runner.events.on("job:complete", ended);
  return { close: () => runner.stop() };
});
const own = process.cpuUsage(ownBefore);
await utils.release();
console.log(
  JSON.stringify({
    enqueue_one_by_one: single,
    enqueue_in_bulk: bulk,
    drain,
    worker_cpu_ms_per_1000: (own.user + own.system) / jobs,
    redis_cpu_ms_per_1000: null,
  }),
);
