// graphile-worker, with the local queue and the batched completion that its manual recommends for speed. Prints JSON.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { drained, inBulk, PAYLOAD, rate, report, SINGLE } from "./measure.mjs";

const jobs = Number(process.env.JOBS);
const concurrency = Number(process.env.CONCURRENCY);
const connectionString = process.env.POSTGRES_URL;
const logger = new Logger(() => () => {});

const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
const empty = () => utils.withPgClient((client) => client.query("truncate graphile_worker._private_jobs"));
await empty();

const single = await rate(SINGLE, async () => {
  for (let number = 0; number < SINGLE; number++) {
    await utils.addJob("nothing", PAYLOAD);
  }
});
await empty();
const bulk = await inBulk(jobs, () => ({ identifier: "nothing", payload: PAYLOAD }), (chunk) => utils.addJobs(chunk));

const ownBefore = process.cpuUsage();
const drain = await drained(jobs, async (ended) => {
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
report(jobs, { single, bulk, drain, own, redis: null });
