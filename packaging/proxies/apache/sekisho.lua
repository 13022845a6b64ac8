-- Asks Sekisho about each call: LuaHookAccessChecker sekisho.lua check early. Wants mod_lua and LuaSocket.
-- What is refused is answered as Sekisho says; what is permitted goes on with the identity that Sekisho gives.

require "apache2"
local http = require "socket.http"
local ltn12 = require "ltn12"

local SEKISHO = "http://127.0.0.1:8080/forward-auth"
local IDENTITY = { "Sekisho-Subject", "Sekisho-Client", "Sekisho-Scope", "Sekisho-Acr" }
-- Of the connection or the body, which are not passed on.
local OWN = { ["connection"] = true, ["content-length"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
              ["expect"] = true, ["keep-alive"] = true, ["te"] = true, ["trailer"] = true, ["host"] = true }
http.TIMEOUT = 5

-- The request's target as it was sent: what Apache forwards with `nocanon`.
local function target(r)
  local sent = r.the_request:match("^%S+ (%S+)")
  return sent:match("^%a[%w+.-]*://[^/?]*(.*)$") or sent
end

local function certificate(r)
  local pem = r:ssl_var_lookup("SSL_CLIENT_CERT")
  if not pem or pem == "" then return nil end
  return ":" .. pem:gsub("%-%-%-%-%-[A-Z ]+%-%-%-%-%-", ""):gsub("%s", "") .. ":"
end

function check(r)
  local asked = {}
  for name, value in pairs(r:headers_in_table()) do
    local lower = name:lower():gsub("_", "-")
    local is_ours = lower:find("^sekisho%-") or lower:find("^client%-cert") or lower:find("^x%-forwarded%-")
    if is_ours or lower == "forwarded" then
      r.headers_in[name] = nil
    elseif not OWN[lower] then
      asked[name] = value
    end
  end
  asked["Host"] = r.headers_in["Host"]
  asked["X-Forwarded-Method"] = r.method
  asked["X-Forwarded-Proto"] = r.is_https and "https" or "http"
  asked["X-Forwarded-Host"] = r.headers_in["Host"]
  asked["X-Forwarded-Uri"] = target(r)
  asked["X-Forwarded-For"] = r.useragent_ip
  asked["Client-Cert"] = certificate(r)

  local body = {}
  local _, status, headers = http.request { url = SEKISHO, headers = asked, sink = ltn12.sink.table(body), redirect = false }
  if status == 200 then
    for _, name in ipairs(IDENTITY) do
      r.headers_in[name] = headers[name:lower()]
    end
    if headers["dpop-nonce"] then r.err_headers_out["DPoP-Nonce"] = headers["dpop-nonce"] end
    return apache2.OK
  end
  for _, name in ipairs { "WWW-Authenticate", "DPoP-Nonce", "Sekisho-Explain", "Retry-After" } do
    local value = type(headers) == "table" and headers[name:lower()]
    if value then r.err_headers_out[name] = value end
  end
  return type(status) == "number" and status or 503
end
