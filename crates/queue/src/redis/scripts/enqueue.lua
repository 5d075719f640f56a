-- Adds jobs: for each its id, when it is due ('' for now), and its packed fields but the first.
-- Answers whether the kind is new here, then 1 for each job that was added.

local fresh = redis.call('HSETNX', META, 'kind', '1')
if fresh == 1 then
  redis.call('HSET', JOBS, SENTINEL, '')
  redis.call('HSET', LEASES, SENTINEL, '')
  redis.call('ZADD', RUNNING, '+inf', SENTINEL)
end

local answers, waiting, soonest = { fresh }, {}, math.huge
local enqueued_at = pack({ NOW })
for index = 2, #ARGV, 3 do
  local id = ARGV[index]
  local added = redis.call('HSETNX', JOBS, id, enqueued_at .. ARGV[index + 2])
  if added == 1 then
    local due = math.max(tonumber(ARGV[index + 1]) or AT, AT)
    soonest = math.min(soonest, due)
    waiting[#waiting + 1] = place(due)
    waiting[#waiting + 1] = id
  end
  answers[#answers + 1] = added
end

if #waiting > 0 then
  redis.call('ZADD', WAITING, unpack(waiting))
  keep_turn()
  wake(#waiting / 2, soonest)
end
return answers
