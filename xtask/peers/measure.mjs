// What the peers' measurements share.

/** How many jobs are enqueued one by one. */
export const SINGLE = 5000;

/** How many a second: `work` does so many. */
export async function rate(count, work) {
  const began = process.hrtime.bigint();
  await work();
  return (count * 1e9) / Number(process.hrtime.bigint() - began);
}

/**
 * How many jobs a second a worker ends, from the moment that a tenth has ended, so that its start counts for nothing.
 * `start` gets what to call for each job that has ended, and answers the worker.
 */
export async function drained(jobs, start) {
  const first = Math.ceil(jobs / 10);
  let ended = 0;
  let began;
  let worker;
  const all = new Promise((resolve) => {
    worker = start(() => {
      ended += 1;
      if (ended === first) {
        began = process.hrtime.bigint();
      } else if (ended === jobs) {
        resolve(process.hrtime.bigint());
      }
    });
  });
  const end = await all;
  await (await worker).close();
  return ((jobs - first) * 1e9) / Number(end - began);
}

/**
 * Prints what was measured: rates a second, and the processor time of this process (as `process.cpuUsage` tells it) and of
 * Redis (milliseconds; null where there is none) for so many jobs.
 */
export function report(jobs, { single, bulk, drain, own, redis }) {
  console.log(
    JSON.stringify({
      enqueue_one_by_one: single,
      enqueue_in_bulk: bulk,
      drain,
      worker_cpu_ms_per_1000: (own.user + own.system) / jobs,
      redis_cpu_ms_per_1000: redis === null ? null : (redis * 1000) / jobs,
    }),
  );
}

/** Enqueues so many jobs in chunks of 500: `job` makes one, `add` adds a chunk. How many a second. */
export function inBulk(jobs, job, add) {
  return rate(jobs, async () => {
    for (let number = 0; number < jobs; number += 500) {
      await add(Array.from({ length: Math.min(500, jobs - number) }, job));
    }
  });
}

/** The payload of every peer's job. */
export const PAYLOAD = { batch: "01JBENCHBENCHBENCHBENCHBE" };
