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
