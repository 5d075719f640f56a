-- What every script begins with: the kind's keys, the time, and how values are packed.
-- ARGV[1] is how far the clock is set ahead, in milliseconds.

local JOBS, LEASES, TOLD, TRIES, WAITING, RUNNING, DONE, DEAD, META, WAKE = unpack(KEYS)

-- Redis keeps a small hash or sorted set as a packed list, whose every look-up is a scan; one member longer
-- than 64 bytes makes it a table for good. Its score, infinity, keeps it out of every range that is asked for.
local SENTINEL = string.rep('-', 65)

local clock = redis.call('TIME')
local AT = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + tonumber(ARGV[1])

-- Lua's own conversion would round to 14 digits.
local function text(number)
  return string.format('%.0f', number)
end

local NOW = text(AT)

-- The millisecond of a score, as text.
local function moment_of(score)
  return string.match(score, '^%d+')
end

-- Values are rows of fields, each written as its length, a colon and its bytes.
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

-- A waiting job's score is the millisecond it is due and, behind the point, its turn among those that began to wait
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

-- Wakes as many waiting processes as there are jobs for, a few at most: one entry is popped by one of them.
-- What begins to wait behind an earlier job needs no one: whoever fetched last knows when that one is due.
local ENTRIES = { '1', '1', '1', '1', '1', '1', '1', '1' }

local function wake(count, soonest)
  if soonest > AT then
    local first = redis.call('ZRANGE', WAITING, 0, 0, 'WITHSCORES')
    if math.floor(tonumber(first[2])) < soonest then
      return
    end
  end
  redis.call('LPUSH', WAKE, unpack(ENTRIES, 1, math.min(count, #ENTRIES)))
  redis.call('LTRIM', WAKE, 0, #ENTRIES - 1)
end

