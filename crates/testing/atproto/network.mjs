// Bluesky's own servers, a PDS and an AppView, for a test: `node network.mjs POSTGRES REDIS`, run in the folder where npm
// has put @atproto/dev-env. Says in one line of JSON where they are; answers each line that it is sent once the AppView has
// taken in all that the PDS has; and ends, leaving no database and no file behind, when its input ends.

import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

// Their log would come between the answers.
process.env.LOG_ENABLED = 'false'
// They leave their files where temporary ones go.
const files = mkdtempSync(`${tmpdir()}/atproto-`)
process.env.TMPDIR = files

const require = createRequire(`${process.cwd()}/package.json`)
const { default: pg } = await import(pathToFileURL(require.resolve('pg')))
const { TestNetwork } = await import(
  pathToFileURL(`${process.cwd()}/node_modules/@atproto/dev-env/dist/index.js`)
)

// The PDS finds libSQL in place of better-sqlite3, which would have to be compiled. What is binary libSQL gives as an
// ArrayBuffer, and a Buffer is expected.
const SQLite = require('better-sqlite3')
const statement = Object.getPrototypeOf(new SQLite(':memory:').prepare('SELECT 1'))
const { all } = statement
statement.all = function (...values) {
  const rows = all.apply(this, values)
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (value instanceof ArrayBuffer) row[name] = Buffer.from(value)
    }
  }
  return rows
}

const [postgres, redis] = process.argv.slice(2)
const database = `atproto_${process.pid}_${Date.now()}`

const onServer = async (statement) => {
  const client = new pg.Client({ connectionString: `${postgres}/postgres` })
  await client.connect()
  await client.query(statement)
  await client.end()
}

const clear = async () => {
  rmSync(files, { recursive: true, force: true })
  await onServer(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
}

const say = (document) => process.stdout.write(`${JSON.stringify(document)}\n`)

const input = createInterface({ input: process.stdin })
// From now on, lest an end that comes before the servers are there be missed.
const lines = input[Symbol.asyncIterator]()
// After a test that failed nobody looks: what they still wait for then, they leave.
input.once('close', () => setTimeout(() => clear().finally(() => process.exit(1)), 60_000).unref())

await onServer(`CREATE DATABASE ${database}`)
process.env.REDIS_HOST = new URL(redis).host
let network
try {
  network = await TestNetwork.create({
    dbPostgresUrl: `${postgres}/${database}`,
    dbPostgresSchema: 'network',
  })
  say({ pds: network.pds.url, appview: network.bsky.url })
  for await (const _ of lines) {
    await network.processAll()
    say({})
  }
} finally {
  // What goes wrong at their end is not what is tested; what they leave behind is removed all the same.
  await network?.close().catch((error) => console.error(error))
  await clear()
}
process.exit(0)
