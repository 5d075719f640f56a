// BullMQ, measured as its manual says to run it: bulk additions, one worker, many jobs at once. Prints JSON.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { drained, inBulk, PAYLOAD, rate, report, SINGLE } from "./measure.mjs";

const jobs = Number(process.env.JOBS);
const concurrency = Number(process.env.CONCURRENCY);
const connection = { url: process.env.REDIS_URL, maxRetriesPerRequest: null };

const queue = new Queue("peer", { connection });
await queue.waitUntilReady();
await queue.obliterate({ force: true });

const single = await rate(SINGLE, async () => {
  for (let number = 0; number < SINGLE; number++) {
    await queue.add("nothing", PAYLOAD);
  }
});
await queue.obliterate({ force: true });

const redis = new Redis(process.env.REDIS_URL);
const cpu = async () => {
  const told = await redis.info("cpu");
  const seconds = [...told.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].map((match) => Number(match[1]));
  return seconds.reduce((sum, value) => sum + value, 0) * 1000;
};
const redisBefore = await cpu();
const bulk = await inBulk(jobs, () => ({ name: "nothing", data: PAYLOAD }), (chunk) => queue.addBulk(chunk));

const ownBefore = process.cpuUsage();
const drain = await drained(jobs, (ended) => {
  const worker = new Worker("peer", async () => {}, { connection, concurrency });
  worker.on("completed", ended);
  return worker;
});
const own = process.cpuUsage(ownBefore);
const redisCpu = (await cpu()) - redisBefore;
await queue.obliterate({ force: true });
await queue.close();
redis.disconnect();
report(jobs, { single, bulk, drain, own, redis: redisCpu });
