-- What every script begins with: the kind's keys, the time, and how values are packed.
-- ARGV[1] is how far the clock is set ahead, in milliseconds. Ids come and go without the kind that they begin with.

local JOBS, IDS, READY, SCHEDULED, LEASES, RUNNING, TOLD, TRIES, DONE, DEAD, FAULTS, META, WAKE = unpack(KEYS)

-- Redis keeps a small hash or sorted set as a packed list, whose every look-up is a scan; one member longer
-- than 64 bytes makes it a table for good. No text has such bytes, so it is no id; its score, infinity, keeps it out of
-- every range that is asked for.
local SENTINEL = string.rep('\255', 65)

local clock = redis.call('TIME')
local AT = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + tonumber(ARGV[1])

-- Lua's own conversion would round to 14 digits.
local function text(number)
  return string.format('%.0f', number)
end

local NOW = text(AT)

-- A job is kept as: the moment it was enqueued (6 bytes), its attempts (4), the lengths of its parent's and its root's
-- id (2 each, one more than the length, 0 for none), parent, root, payload. Numbers are big-endian.
local function enqueued_at(job)
  return (struct.unpack('>I6', job))
end

-- Other values are rows of fields, each written as its length, a colon and its bytes.
local function pack(fields)
  local parts = {}
  for index = 1, #fields do
    parts[index] = #fields[index] .. ':' .. fields[index]
  end
  return table.concat(parts)
end

local function split(value, limit)
  local fields, from = {}, 1
  while from <= #value and #fields < (limit or 1000) do
    local colon = string.find(value, ':', from, true)
    local last = colon + tonumber(string.sub(value, from, colon - 1))
    fields[#fields + 1] = string.sub(value, colon + 1, last)
    from = last + 1
  end
  return fields
end

-- A scheduled job's score is the millisecond it is due and, behind the point, its turn among those that began to wait
-- in the same millisecond as it: without that, ties would go by the ids' letters. Turn 0 is for jobs handed back.
local turn

local function place(due)
  if not turn then
    local last = redis.call('HMGET', META, 'turn_at', 'turn')
    turn = last[1] == NOW and tonumber(last[2]) or 0
  end
  turn = math.min(turn + 1, 999)
  return string.format('%.0f.%03d', due, turn)
end

local function keep_turn()
  if turn then
    redis.call('HSET', META, 'turn_at', NOW, 'turn', turn)
  end
end

-- When the first of the scheduled jobs is due, none where there is none.
local function first_scheduled()
  local first = redis.call('ZRANGE', SCHEDULED, 0, 0, 'WITHSCORES')
  return first[2] and math.floor(tonumber(first[2]))
end

-- Wakes as many waiting processes as there are jobs for, a few at most: one entry is popped by one of them.
-- What begins to wait behind an earlier job needs no one: whoever fetched last knows when that one is due.
local ENTRIES = { '1', '1', '1', '1', '1', '1', '1', '1' }

local function wake(count, soonest)
  if soonest > AT and (first_scheduled() < soonest or redis.call('LLEN', READY) > 0) then
    return
  end
  local room = #ENTRIES - redis.call('LLEN', WAKE)
  if room > 0 then
    redis.call('LPUSH', WAKE, unpack(ENTRIES, 1, math.min(count, room)))
  end
end

-- The member of FAULTS for a dead letter: ordered by fingerprint, then by when it died. `told` is its past.
local function fault(told, died, id)
  return string.format('%s %015.0f %s', string.sub(split(told, 5)[5], 2), died, id)
end

-- Forgets jobs that are in no state any more.
local function forget(ids)
  redis.call('HDEL', TOLD, unpack(ids))
  redis.call('ZREM', IDS, unpack(ids))
  redis.call('HDEL', JOBS, unpack(ids))
end

