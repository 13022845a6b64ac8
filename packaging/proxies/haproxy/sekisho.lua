-- Asks Sekisho about each call: http-request lua.sekisho URL. HAProxy 2.6 or newer.
-- What is refused is answered as Sekisho says; what is permitted goes on with the identity that Sekisho gives.

local IDENTITY = { "sekisho-subject", "sekisho-client", "sekisho-scope", "sekisho-acr" }
-- Of the connection or the body, which are not passed on.
local OWN = { ["connection"] = true, ["content-length"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
              ["expect"] = true, ["keep-alive"] = true, ["te"] = true, ["trailer"] = true, ["host"] = true }

local function fields(headers)
  local all = {}
  for name, values in pairs(headers) do
    if not OWN[name] then
      all[name] = {}
      for at = 0, #values do table.insert(all[name], values[at]) end
    end
  end
  return all
end

core.register_action("sekisho", { "http-req" }, function(txn, url)
  local asked = fields(txn.http:req_get_headers())
  asked["host"] = { txn.sf:req_fhdr("host") }
  asked["x-forwarded-method"] = { txn.sf:method() }
  local tls = txn.f:ssl_fc()
  asked["x-forwarded-proto"] = { (tls == true or tls == 1) and "https" or "http" }
  asked["x-forwarded-host"] = { txn.sf:req_fhdr("host") }
  asked["x-forwarded-uri"] = { txn.sf:pathq() }
  asked["x-forwarded-for"] = { txn.sf:src() }
  local answer = core.httpclient():get{ url = url, headers = asked, timeout = 5000 }

  if answer.status == 200 then
    for _, name in ipairs(IDENTITY) do
      local value = answer.headers[name]
      if value then txn.http:req_set_header(name, value[0]) end
    end
    local nonce = answer.headers["dpop-nonce"]
    if nonce then txn:set_var("txn.dpop_nonce", nonce[0]) end
    return
  end

  local reply = txn:reply{ status = answer.status ~= 0 and answer.status or 503, body = answer.body or "" }
  for name, values in pairs(answer.headers or {}) do
    if not OWN[name] then
      for at = 0, #values do reply:add_header(name, values[at]) end
    end
  end
  txn:done(reply)
end, 1)
