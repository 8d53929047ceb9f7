"""What Redis does in one step, as Lua. Keys of one namespace share a slot. No Python logic.

A document is kept as `<expiry> <json>` in a hash; the order of keys is a sorted set whose members
all have one score; what expires is in a second one, by time.
"""

PUT = """
redis.call('ZADD', KEYS[1], 0, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3] .. ' ' .. ARGV[2])
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
end
redis.call('SADD', KEYS[4], ARGV[4])
return 1
"""

DELETE = """
local kept = redis.call('HGET', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return kept
"""

# The limit counts what has not expired, so the search goes on behind the last key seen.
SCAN = """
local low, high, limit, now = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local is_backward = ARGV[5] == '1'
local found = {}
while limit ~= 0 do
  local keys
  if is_backward then
    keys = redis.call('ZREVRANGEBYLEX', KEYS[1], high, low, 'LIMIT', 0, 500)
  else
    keys = redis.call('ZRANGEBYLEX', KEYS[1], low, high, 'LIMIT', 0, 500)
  end
  if #keys == 0 then break end
  local kept = redis.call('HMGET', KEYS[2], unpack(keys))
  for position, key in ipairs(keys) do
    local space = string.find(kept[position], ' ', 1, true)
    local expiry = string.sub(kept[position], 1, space - 1)
    if expiry == '' or tonumber(expiry) > now then
      found[#found + 1] = key
      found[#found + 1] = string.sub(kept[position], space + 1)
      limit = limit - 1
      if limit == 0 then break end
    end
  end
  if is_backward then high = '(' .. keys[#keys] else low = '(' .. keys[#keys] end
end
return found
"""

CLEAR = """
local count = 0
for _, collection in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  count = count + redis.call('ZCARD', ARGV[1] .. 'keys:' .. collection)
  for _, part in ipairs({'keys:', 'documents:', 'expiry:'}) do
    redis.call('UNLINK', ARGV[1] .. part .. collection)
  end
end
redis.call('DEL', KEYS[1])
return count
"""

DROP_EXPIRED = """
for _, collection in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local expiry = ARGV[1] .. 'expiry:' .. collection
  while true do
    local keys = redis.call('ZRANGEBYSCORE', expiry, '-inf', ARGV[2], 'LIMIT', 0, 500)
    if #keys == 0 then break end
    redis.call('ZREM', expiry, unpack(keys))
    redis.call('ZREM', ARGV[1] .. 'keys:' .. collection, unpack(keys))
    redis.call('HDEL', ARGV[1] .. 'documents:' .. collection, unpack(keys))
  end
end
return 1
"""

# The key goes by the server's own time; the token outlives it.
ACQUIRE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return false end
if holder then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(redis.call('HGET', KEYS[2], ARGV[3]))
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('HINCRBY', KEYS[2], ARGV[3], 1)
"""

RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""

# Layout 1 needs nothing that the first write does not make.
MIGRATIONS: tuple[str, ...] = ("",)


def migration(body: str) -> str:
    """Return the script that migrates from version ARGV[1], unless another was faster.

    ARGV[2] is what the namespace's keys begin with. It returns the version that it leaves.
    """
    return f"""
local found = tonumber(redis.call('GET', KEYS[1]) or '0')
if found ~= tonumber(ARGV[1]) then return found end
{body}
redis.call('SET', KEYS[1], found + 1)
return found + 1
"""
