-- Ends attempts. For each: id, token, how it ended (with '?' before it: only if the lease has expired), its record for
-- history, packed, and unless it is just 'done': when it runs again (retry: milliseconds from now; later: a moment) and
-- its note (packed reason, error and fingerprint). Answers a digit for each, the state it moved to or 0 for a stale one.
-- All writes that Redis may refuse for want of memory come before those that end the leases.

local STALE, LATER, AT_ONCE, FINISHED, BURIED = 0, 1, 2, 3, 4

local ids, places = {}, {}
local next_ = 2
while next_ <= #ARGV do
  ids[#ids + 1] = ARGV[next_]
  places[#ids] = next_
  next_ = next_ + (ARGV[next_ + 2] == 'done' and 4 or 6)
end
if #ids == 0 then
  return ''
end
local leases = redis.call('HMGET', LEASES, unpack(ids))

local done, dead, faults, waiting, notes, tries, untried, ended = {}, {}, {}, {}, {}, {}, {}, {}
local soonest = math.huge

local function push(list, one, two)
  list[#list + 1] = one
  list[#list + 1] = two
end

-- The job's past with one more record: of two `later` in a row the newer, of many the last KEPT. Note and record come
-- packed: of a job that ends at its first attempt, which is most of them, nothing need be taken apart.
local function remember(past, attempt, due, note, ended_at, record)
  local head = #attempt .. ':' .. attempt .. #due .. ':' .. due .. note .. #ended_at .. ':' .. ended_at
  if not past then
    return head .. record
  end
  local told, new = split(past), split(record)[1]
  if #told > 6 and string.sub(new, 1, 1) == 'L' and string.sub(told[#told], 1, 1) == 'L' then
    told[#told] = nil
  end
  told[#told + 1] = new
  local kept = {}
  for at = math.max(7, #told - KEPT + 1), #told do
    kept[#kept + 1] = told[at]
  end
  return head .. pack(kept)
end

-- Lets the job wait until `due` with so many attempts behind it.
local function again(id, due, score, attempts)
  soonest = math.min(soonest, due)
  push(waiting, score, id)
  if attempts > 0 then
    push(tries, id, text(attempts))
  else
    untried[#untried + 1] = id
  end
  return due > AT and LATER or AT_ONCE
end

-- Never before the job that ended last, so that the done ones stay in the order of time though a clock be stepped back.
local last = redis.call('LINDEX', DONE, -1)
local end_ = last and text(math.max(AT, tonumber(string.sub(last, 1, 13)))) or NOW

-- What a job of no past that ends well at its first attempt leaves behind, which is what most do.
local NEVER_BEFORE = ' 1 0 n '
local NO_NOTE = '0:0:0:'
local ENDED_WELL = '1:11:0' .. NO_NOTE .. #end_ .. ':' .. end_

local function settle(id, lease, token, how, record, moment, note)
  if how == 'done' and string.find(lease, NEVER_BEFORE, #token, true) == #token then
    push(notes, id, ENDED_WELL .. record)
    done[#done + 1] = end_ .. ' ' .. id
    return FINISHED
  end
  local attempt, due, past = string.match(lease, '^%d+ (%d+) (%d+) (%a)')
  if due == '0' then
    due = text(enqueued_at(redis.call('HGET', JOBS, id)))
  end
  past = past == 'p' and redis.call('HGET', TOLD, id)
  if how == 'done' then
    if attempt ~= '1' then
      untried[#untried + 1] = id
    end
    push(notes, id, remember(past, attempt, due, NO_NOTE, end_, record))
    done[#done + 1] = end_ .. ' ' .. id
    return FINISHED
  end
  local begun = tonumber(attempt)
  if how == 'handback' then
    return again(id, tonumber(due), due .. '.000', begun - 1)
  end
  if how == 'retry' and begun < struct.unpack('>I4', redis.call('HGET', JOBS, id), 7) then
    local run_at = AT + tonumber(moment)
    local shown = pack({ '', split(note)[2], '' })
    push(notes, id, remember(past, attempt, text(run_at), shown, '', record))
    return again(id, run_at, place(run_at), begun)
  end
  if how == 'later' then
    local run_at = math.max(tonumber(moment), AT)
    local shown = pack({ split(note)[1], past and split(past, 4)[4] or '', '' })
    push(notes, id, remember(past, text(begun - 1), text(run_at), shown, '', record))
    return again(id, run_at, place(run_at), begun - 1)
  end
  untried[#untried + 1] = id
  local told = remember(past, attempt, due, note, NOW, record)
  push(notes, id, told)
  push(dead, NOW, id)
  push(faults, 0, fault(told, AT, id))
  return BURIED
end

local answers, seen = {}, {}
for index, id in ipairs(ids) do
  local from = places[index]
  local token, how = ARGV[from + 1] .. ' ', ARGV[from + 2]
  local held = leases[index] and not seen[id] and string.sub(leases[index], 1, #token) == token
  if held and string.sub(how, 1, 1) == '?' then
    how = string.sub(how, 2)
    held = tonumber(redis.call('ZSCORE', RUNNING, id)) <= AT
  end
  if held then
    seen[id] = true
    ended[#ended + 1] = id
    answers[index] = settle(id, leases[index], token, how, ARGV[from + 3], ARGV[from + 4], ARGV[from + 5])
  else
    answers[index] = STALE
  end
end
local answer = table.concat(answers)
if #ended == 0 then
  return answer
end

if #notes > 0 then
  redis.call('HSET', TOLD, unpack(notes))
end
if #tries > 0 then
  redis.call('HSET', TRIES, unpack(tries))
end
if #done > 0 then
  redis.call('RPUSH', DONE, unpack(done))
  redis.call('HINCRBY', META, 'done_total', #done)
end
if #dead > 0 then
  redis.call('ZADD', FAULTS, unpack(faults))
  redis.call('ZADD', DEAD, unpack(dead))
  redis.call('HINCRBY', META, 'dead_total', #dead / 2)
end
if #waiting > 0 then
  redis.call('ZADD', SCHEDULED, unpack(waiting))
  keep_turn()
  wake(#waiting / 2, soonest)
end
if #untried > 0 then
  redis.call('HDEL', TRIES, unpack(untried))
end
redis.call('ZREM', RUNNING, unpack(ended))
redis.call('HDEL', LEASES, unpack(ended))
return answer
