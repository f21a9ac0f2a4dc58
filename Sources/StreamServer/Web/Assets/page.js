// Tapedeck's page: lists the runs and follows one of them as a transcript.
// Whatever comes from the server was said by somebody: it becomes text, never markup.

const ROWS_MAX = 3000 // rows kept in the document while following
const ROWS_PER_FRAME = 250
const REFRESH_MS = 4000
const FOLD_LINES = 18
const FOLD_CHARS = 1400
const PLAIN_CHARS = 50_000 // longer content is not searched for code and strong words

const KINDS = new Map([
  ["delegation", "💬"], ["question", "❓"], ["answer", "💡"], ["status", "📊"],
  ["completion", "✅"], ["error", "⛔"], ["escalation", "⚠️"], ["abort", "🛑"],
])
const URGENCIES = new Map([
  ["blocking", "🔴"], ["important", "🟡"], ["informational", "⚪"],
])
const STATUSES = new Set(["active", "silent", "failed", "completed"])

// MARK: Elements

const $ = (id) => document.getElementById(id)

function el(tag, name, ...children) {
  const node = document.createElement(tag)
  if (name) node.className = name
  node.append(...children.filter(Boolean))
  return node
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

const text = (value) =>
  typeof value === "string" ? value : value == null ? "" : JSON.stringify(value)
const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" })
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" })

function timeElement(value, format = clock) {
  const node = el("time")
  const date = new Date(text(value))
  if (isNaN(date)) return node
  node.dateTime = date.toISOString()
  node.title = text(value)
  node.textContent = format.format(date)
  return node
}

function duration(from, to) {
  const s = Math.round((new Date(to) - new Date(from)) / 1000)
  if (!(s >= 0)) return ""
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}

/** A colour for a name: always the same one, out of eight. */
function agent(name) {
  let hash = 7
  for (const c of text(name)) hash = (hash * 31 + c.codePointAt(0)) >>> 0
  const node = el("b", `agent c${hash % 8}`, text(name) || "?")
  node.dir = "auto"
  return node
}

// MARK: Address

const address = {
  get run() { return new URLSearchParams(location.search).get("run") || null },
  get speed() {
    const speed = new URLSearchParams(location.search).get("speed")
    return ["1", "10", "100"].includes(speed) ? speed : ""
  },
}

function link(run, speed = "") {
  const query = new URLSearchParams()
  if (run) query.set("run", run)
  if (speed) query.set("speed", speed)
  return "?" + query
}

function go(href) {
  history.pushState(null, "", href)
  show()
}

// MARK: Runs

const runs = { items: new Map(), known: new Map(), round: 0 }

async function refreshRuns() {
  const round = ++runs.round
  const query = new URLSearchParams({ limit: "100" })
  if ($("find").value) query.set("q", $("find").value)
  let body = null
  try {
    const response = await fetch("/api/runs?" + query)
    $("login").hidden = response.status !== 401
    if (response.status === 401) throw new Error("log in first")
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    body = await response.json()
  } catch (error) {
    if (round === runs.round) setText($("runs-note"), `No list of runs: ${error.message}.`)
  }
  if (!body || round !== runs.round) return // or a newer refresh is on its way
  setText($("runs-note"), body.next ? "The newest 100. Find others by name." :
    body.runs.length ? "" : query.has("q") ? "No run matches." :
    "Nothing is recorded yet. A run appears here with its first event.")
  runs.known = new Map(body.runs.map((run) => [run.run_id, run]))
  for (const [id, item] of runs.items) {
    if (!runs.known.has(id)) item.remove(), runs.items.delete(id)
  }
  body.runs.forEach((run, index) => {
    let item = runs.items.get(run.run_id)
    if (!item) runs.items.set(run.run_id, (item = el("li", "", el("a"))))
    const mark = JSON.stringify(run)
    if (item.mark !== mark) fillRun(item, run)
    item.mark = mark
    const there = $("runs").children[index]
    if (there !== item) $("runs").insertBefore(item, there ?? null)
  })
  setTitle()
}

function fillRun(item, run) {
  const a = item.firstChild
  a.href = link(run.run_id)
  if (run.run_id === address.run) a.setAttribute("aria-current", "page")
  else a.removeAttribute("aria-current")
  const status = text(run.status)
  const state = el("span", STATUSES.has(status) ? `state ${status}` : "state", status)
  const name = el("strong", "", text(run.title) || text(run.run_id))
  name.dir = "auto"
  const facts = [plural(run.events ?? 0, "event"), duration(run.first_at, run.last_at)]
  const agents = (run.agents ?? []).map(text)
  a.replaceChildren(
    name,
    el("span", "facts", state, timeElement(run.first_at, day), run.pinned && el("i", "", "pinned")),
    el("span", "facts", facts.filter(Boolean).join(", ")),
    el("span", "facts", agents.slice(0, 6).join(", ") +
      (agents.length > 6 ? ` and ${agents.length - 6} more` : "")))
}

function setTitle() {
  const run = address.run
  const name = run === null ? "" : text(runs.known.get(run)?.title) || run
  setText($("title"), name)
  $("title").title = run ?? ""
  document.title = name ? `${name} · Tapedeck` : "Tapedeck"
}

// MARK: Rows

/** Prose with `code`, **strong words** and fenced blocks, as nodes; in time linear in its length. */
function prose(content) {
  const body = el("div", "prose")
  body.dir = "auto"
  if (content.length > PLAIN_CHARS) {
    body.append(el("p", "", content))
    return body
  }
  let part = []
  let fenced = false
  const end = () => {
    const whole = part.join("\n")
    part = []
    if (fenced) body.append(el("pre", "", el("code", "", whole)))
    else if (whole.trim()) body.append(el("p", "", ...inline(whole.replace(/^\n/, "").trimEnd())))
  }
  for (const line of content.split("\n")) {
    if (fenced ? line.trimEnd() === "```" : /^```[^`]*$/.test(line)) {
      end()
      fenced = !fenced
    } else {
      part.push(line)
    }
  }
  end()
  return body
}

function inline(words) {
  return words.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).map((piece, index) =>
    index % 2 === 0 ? piece :
    piece[0] === "`" ? el("code", "", piece.slice(1, -1)) : el("strong", "", piece.slice(2, -2)))
}

function foldable(body, content) {
  const lines = content.split("\n").length
  if (lines <= FOLD_LINES && content.length <= FOLD_CHARS) return [body]
  const button = el("button", "fold")
  button.type = "button"
  const set = (open) => {
    body.classList.toggle("folded", !open)
    button.setAttribute("aria-expanded", String(open))
    button.textContent = open ? "Show less" : `Show all ${plural(lines, "line")}`
  }
  button.onclick = () => set(body.classList.contains("folded"))
  set(false)
  return [body, button]
}

/** What else the message carries; written out only when opened. */
function details(metadata) {
  const rest = Object.entries(metadata).filter(([k]) => !["urgency", "progress"].includes(k))
  if (!rest.length) return null
  const names = rest.map(([k, v]) => typeof v === "number" ? `${k} ${v}` : k)
  const node = el("details", "", el("summary", "", names.join(", ")))
  node.addEventListener("toggle", () => {
    if (node.childElementCount > 1) return
    node.append(el("pre", "", JSON.stringify(Object.fromEntries(rest), null, 2)))
  })
  return node
}

function messageRow(data) {
  const kind = text(data.message_type)
  const metadata = data.metadata && typeof data.metadata === "object" ? data.metadata : {}
  const urgency = text(metadata.urgency)
  const row = el("li", KINDS.has(kind) ? `row ${kind}` : "row")
  const head = el("div", "who", agent(data.from_agent), " → ", agent(data.to_agent),
    el("span", "kind", kind))
  if (urgency) {
    head.append(el("span", URGENCIES.has(urgency) ? `urgency ${urgency}` : "urgency",
      `${URGENCIES.get(urgency) ?? ""} ${urgency}`))
  }
  if (typeof metadata.progress === "number") {
    const bar = el("progress")
    bar.max = 100
    bar.value = Math.min(100, Math.max(0, metadata.progress))
    bar.setAttribute("aria-label", "Progress")
    head.append(el("span", "kind", bar, ` ${Math.round(bar.value)} %`))
  }
  const thread = transcript.threads.get(data.thread_id)
  if (thread) head.append(el("span", "thread", thread))
  const content = transcript.whole(data)
  row.append(timeElement(data.created_at ?? data.timestamp), icon(KINDS.get(kind) ?? "✉️"),
    el("div", "body", head, ...foldable(prose(content), content), details(metadata)))
  return row
}

function icon(sign) {
  const node = el("span", "icon", sign)
  node.setAttribute("aria-hidden", "true")
  return node
}

function noteRow(name, when, sign, ...children) {
  const body = el("div", "body", ...children)
  body.dir = "auto"
  return el("li", `row ${name}`, timeElement(when), icon(sign), body)
}

function makeRow({ type, data }) {
  const when = data.created_at ?? data.timestamp
  const reason = text(data.reason).replaceAll("_", " ") || "for an unknown reason"
  switch (type) {
  case "agent_chat_message_sent":
    return messageRow(data)
  case "agent_chat_thread_created":
    return noteRow("opened", when, "┌", agent(data.parent_agent), " opens a thread with ",
      agent(data.child_agent), data.metadata?.title && `: ${text(data.metadata.title)}`)
  case "agent_chat_thread_closed": {
    const ok = data.status === "completed"
    const about = transcript.threads.get(data.thread_id)
    return noteRow(ok ? "closed" : "closed bad", when, "└", "Thread ", about && `“${about}” `,
      el("b", "", text(data.status) || "closed"),
      [data.result, data.error].filter(Boolean).map((value) => `: ${text(value)}`).join(""))
  }
  case "journal_gap":
    return noteRow("gap", null, "⚡", el("b", "", "Not recorded: "), `${reason}, `,
      timeElement(data.from), " to ", timeElement(data.until))
  case "stream_gap":
    return noteRow("gap", null, "⚡", el("b", "", typeof data.missed === "number"
      ? `${plural(data.missed, "event")} missing here: ` : "Events missing here: "), reason)
  default:
    return noteRow("other", when, "·", el("b", "", type), " ", text(data).slice(0, 2000))
  }
}

// MARK: Transcript

const transcript = {
  items: [], threads: new Map(), amended: new Map(), places: new Map(),
  first: 0, next: 0, unread: 0, follow: true, frame: 0, top: 0,

  clear() {
    cancelAnimationFrame(this.frame)
    Object.assign(this, { items: [], first: 0, next: 0, unread: 0, follow: true, frame: 0 })
    this.threads.clear()
    this.amended.clear()
    this.places.clear()
    $("rows").replaceChildren()
    $("earlier").hidden = $("latest").hidden = true
  },

  add(type, data) {
    if (type === "agent_chat_thread_created") {
      this.threads.set(data.thread_id, text(data.metadata?.title))
    }
    if (type === "journal_amend") return this.amend(data)
    if (type === "agent_chat_message_sent") {
      const places = this.places.get(data.message_id)
      if (places) places.push(this.items.length)
      else this.places.set(data.message_id, [this.items.length])
    }
    this.items.push({ type, data })
    this.frame ||= requestAnimationFrame(() => this.draw())
  },

  /** A message that was recorded cut: the whole of it takes its place. */
  amend({ message_id: id, content }) {
    if (typeof id !== "string" || typeof content !== "string") return
    this.amended.set(id, content)
    for (const at of this.places.get(id) ?? []) {
      const row = at >= this.first && at < this.next ? $("rows").children[at - this.first] : null
      row?.replaceWith(makeRow(this.items[at]))
    }
  },

  /** The content of a message, whole if that is known: an amendment begins with what was cut. */
  whole(data) {
    const own = text(data.content)
    const amended = this.amended.get(data.message_id)
    return amended?.startsWith(own) ? amended : own
  },

  draw() {
    this.frame = 0
    if (this.follow && this.items.length - this.next > ROWS_MAX) {
      this.first = this.next = this.items.length - ROWS_MAX // the rest would be trimmed at once
      $("rows").replaceChildren()
    }
    const upTo = Math.min(this.items.length, this.next + ROWS_PER_FRAME)
    const rows = document.createDocumentFragment()
    for (let i = this.next; i < upTo; i++) rows.append(makeRow(this.items[i]))
    if (!this.follow) this.unread += upTo - this.next
    this.next = upTo
    $("rows").append(rows)
    if (this.follow) this.trim()
    this.stick()
    if (this.next < this.items.length) this.frame = requestAnimationFrame(() => this.draw())
  },

  trim() {
    const list = $("rows")
    for (; list.childElementCount > ROWS_MAX; this.first++) list.firstChild.remove()
    this.offerEarlier()
  },

  offerEarlier() {
    $("earlier").hidden = this.first === 0
    setText($("earlier"), `Show earlier events (${this.first.toLocaleString("en")})`)
  },

  showEarlier() {
    const from = Math.max(0, this.first - 1000)
    const rows = document.createDocumentFragment()
    for (let i = from; i < this.first; i++) rows.append(makeRow(this.items[i]))
    const old = $("rows").firstChild
    this.first = from
    this.follow = false
    $("rows").prepend(rows)
    this.offerEarlier()
    this.stick()
    old?.scrollIntoView({ block: "start" })
  },

  /** Stays at the end if the reader is there; otherwise offers the way back. */
  stick() {
    const log = $("log")
    if (this.follow) log.scrollTop = log.scrollHeight
    $("latest").hidden = this.follow
    setText($("latest"), this.unread ? `Jump to latest (${this.unread} new)` : "Jump to latest")
  },

  scrolled() {
    const log = $("log")
    const up = log.scrollTop < this.top
    this.top = log.scrollTop
    if (log.scrollHeight - log.scrollTop - log.clientHeight < 32) {
      this.follow = true
      this.unread = 0
    } else if (up) {
      this.follow = false
    }
    $("latest").hidden = this.follow
  },
}

// MARK: Stream

const recorded = new Set(["agent_chat_thread_created", "agent_chat_message_sent",
  "agent_chat_thread_closed", "journal_gap", "journal_amend"])

/** One run being followed. `shown + lost` is its seq at our cursor, and the server's must agree. */
class Stream {
  source = null
  lastId = ""
  shown = 0
  lost = 0
  total = 0
  gaps = 0
  told = false // a gap was told since the last comparison
  checked = false
  searched = false
  state = "connecting"
  retry = 0
  silentMsMax = 45_000
  heard = performance.now()

  constructor(run, speed) {
    this.run = run
    this.speed = speed
    this.watch = setInterval(() => this.look(), 5000)
    this.open()
  }

  open() {
    clearTimeout(this.timer)
    this.source?.close()
    this.heard = performance.now()
    const query = new URLSearchParams()
    if (this.speed) query.set("mode", "replay"), query.set("speed", this.speed)
    if (this.lastId) query.set("last_event_id", this.lastId)
    const path = `/api/stream/agent_chat/${encodeURIComponent(this.run)}`
    const source = new EventSource(String(query) ? `${path}?${query}` : path)
    this.source = source
    const on = (type, take) => source.addEventListener(type, (event) => {
      if (source !== this.source) return
      this.heard = performance.now()
      if (event.lastEventId) this.lastId = event.lastEventId
      let data = null
      try { data = JSON.parse(event.data) } catch {}
      take(data && typeof data === "object" ? data : {})
      this.draw()
    })
    for (const type of recorded) {
      on(type, (data) => {
        this.shown++
        if (type === "journal_gap") this.gaps++
        transcript.add(type, data)
      })
    }
    on("connected", (data) => {
      this.retry = 0
      this.silentMsMax = (data.ping_interval || 15) * 3000
      if (data.resume === "fresh" || !data.resume) this.restart()
      this.total = data.latest_seq ?? 0
      this.state = this.speed ? "replaying" : "catching up"
    })
    on("stream_gap", (data) => {
      this.gaps++
      this.told = true
      if (typeof data.missed === "number") this.lost += data.missed
      transcript.add("stream_gap", data)
    })
    on("stream_reset", () => this.restart())
    on("stream_live", (data) => {
      this.state = "live"
      this.compare(data)
    })
    on("ping", (data) => this.compare(data))
    on("stream_end", (data) => {
      this.close()
      this.state = "ended"
      this.compare(data)
    })
    on("stream_bye", () => { this.state = "reconnecting" })
    source.onerror = () => {
      if (source !== this.source) return
      this.state = "reconnecting"
      if (source.readyState === EventSource.CLOSED) {
        // An answer that ends an EventSource: 204 after the end of a replay, or a refusal.
        if (this.speed && this.shown && this.shown + this.lost >= this.total) {
          this.close()
          this.state = "ended"
        } else {
          this.timer = setTimeout(() => this.open(), Math.min(30_000, 2000 * 2 ** this.retry++))
        }
      }
      this.draw()
    }
    this.draw()
  }

  close() {
    clearInterval(this.watch)
    clearTimeout(this.timer)
    this.source?.close()
    this.source = null
  }

  restart() {
    Object.assign(this, { shown: 0, lost: 0, gaps: 0, told: false, checked: false })
    transcript.clear()
  }

  /** A connection that is dead without saying so. */
  look() {
    if (performance.now() - this.heard < this.silentMsMax || this.state === "ended") return
    this.state = "reconnecting"
    this.open()
  }

  compare({ seq }) {
    const missing = (seq ?? 0) - this.shown - this.lost
    if (this.told) {
      this.lost += missing
      this.told = false
    } else if (missing > 0 && !this.searched) {
      this.searched = true
      this.search()
    }
    this.checked = true
    this.unexplained = this.told ? 0 : (seq ?? 0) - this.shown - this.lost
  }

  /** Events of types that nobody listens to do not reach an EventSource: learns them, starts anew. */
  async search() {
    const size = recorded.size
    let after = ""
    for (let page = 0; page < 200; page++) {
      const query = new URLSearchParams({ limit: "1000" })
      if (after) query.set("after", after)
      const path = `/api/runs/${encodeURIComponent(this.run)}/events`
      const response = await fetch(`${path}?${query}`).catch(() => null)
      if (!response?.ok) break
      const { events, next } = await response.json().catch(() => ({ events: [] }))
      for (const event of events) recorded.add(event.event)
      if (!events.length || !next || next === after) break
      after = next
    }
    if (recorded.size === size || stream !== this) return
    follow(this.run, this.speed)
  }

  draw() {
    if (stream !== this && stream !== null) return
    const at = this.shown + this.lost
    this.total = Math.max(this.total, at)
    const name = this.state === "replaying" ? `replaying ${this.speed}×` : this.state
    setText($("state"), this.gaps ? `${name}, with ${plural(this.gaps, "gap")}` : name)
    $("state").className = this.gaps ? `${this.state} gappy` : this.state
    setText($("count"), this.state === "connecting" ? "" :
      `${this.shown.toLocaleString("en")} of ${plural(this.total, "event")}`)
    const bad = this.checked && this.unexplained !== 0
    const proved = this.checked && at && at === this.total && /^(live|ended)$/.test(this.state)
    setText($("proof"), bad ? `count differs by ${Math.abs(this.unexplained)}` :
      this.lost ? `${this.lost.toLocaleString("en")} missing` :
      !proved ? "" : this.gaps ? "all that was recorded" : "nothing missing")
    $("proof").className = bad || this.lost ? "bad" : ""
    $("bar").max = this.total || 1
    $("bar").value = at
    $("log").setAttribute("aria-live", this.state === "live" ? "polite" : "off")
    $("empty").hidden = at > 0
    setText($("empty"), this.state === "live" ? "Nothing has been said in this run yet. Waiting." : "")
  }
}

let stream = null

function follow(run, speed) {
  stream?.close()
  stream = null
  transcript.clear()
  stream = new Stream(run, speed)
}

function show() {
  const { run, speed } = address
  document.body.classList.toggle("chosen", run !== null)
  $("head").hidden = run === null
  for (const button of $("modes").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.speed === speed))
  }
  for (const [id, item] of runs.items) {
    if (runs.known.has(id)) fillRun(item, runs.known.get(id))
  }
  setTitle()
  if (run === null) {
    stream?.close()
    stream = null
    transcript.clear()
    $("empty").hidden = false
    setText($("empty"), "Choose a run to read its transcript.")
  } else if (stream?.run !== run || stream.speed !== speed) {
    follow(run, speed)
  }
}

// MARK: Login

/** The token goes into a cookie that no script can read, this one included. */
$("login").onsubmit = async (event) => {
  event.preventDefault()
  let told = ""
  try {
    const response = await fetch("/login", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: $("token").value.trim() }),
    })
    if (!response.ok) told = (await response.json()).detail
  } catch (error) {
    told = error.message
  }
  setText($("login-note"), told && `Not logged in: ${told}.`)
  if (told) return
  $("token").value = ""
  refreshRuns()
  if (address.run !== null) follow(address.run, address.speed)
}

// MARK: Controls

document.addEventListener("click", (event) => {
  const a = event.target.closest("a[href^='?']")
  if (!a || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  go(a.getAttribute("href"))
})
$("modes").addEventListener("click", (event) => {
  const { speed } = event.target.closest("button")?.dataset ?? {}
  if (speed === undefined) return
  if (speed === address.speed) follow(address.run, speed) // once more from the start
  else go(link(address.run, speed))
})
$("latest").onclick = () => {
  transcript.follow = true
  transcript.unread = 0
  transcript.trim()
  transcript.stick()
  $("log").focus({ preventScroll: true })
}
$("earlier").onclick = () => transcript.showEarlier()
$("find").oninput = refreshRuns
$("log").addEventListener("scroll", () => transcript.scrolled(), { passive: true })
const resized = new ResizeObserver(() => transcript.stick())
resized.observe($("rows"))
resized.observe($("log"))
addEventListener("popstate", show)
document.addEventListener("visibilitychange", () => { if (!document.hidden) refreshRuns() })
setInterval(() => { if (!document.hidden) refreshRuns() }, REFRESH_MS)

show()
refreshRuns()
