// @ts-check
// The status page: shows what the server sends, line by line and state by state, and says which button was pressed. It keeps nothing.

/**
 * @typedef {import('../page.ts').PageState} PageState
 * @typedef {import('../sight.ts').ClientSight} ClientSight
 * @typedef {import('../timeline.ts').TimelineLine} TimelineLine
 * @typedef {import('../acts.ts').ActResult} ActResult
 */

const SHOWN_LINES = 400
const SAID_MS = 6000

const operations = {
  Stytch: ['GetClient', 'RotateStart', 'RotateComplete', 'RotateCancel', 'Token'],
  AWS: ['PutSecretValue', 'UpdateSecretVersionStage', 'GetSecretValue', 'DescribeSecret', 'RotateSecret', 'PutEvents'],
}

/**
 * @template {Element} T
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
const find = (parent, selector, type) => {
  const found = parent.querySelector(selector)
  if (!(found instanceof type)) throw new Error(`The page has no ${selector}.`)
  return found
}
/** @param {string} selector */
const at = (selector) => find(document, selector, HTMLElement)

/** @param {string} tag @param {string} className @param {string} text */
const element = (tag, className, text) => {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

/** @param {number} ms */
const timeOf = (ms) => new Date(ms).toISOString().slice(11, 23)
/** @param {number} ms */
const dateOf = (ms) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`

let saidAt = 0
/** @param {ActResult} result */
const say = ({ isDone, says }) => {
  const said = at('#said')
  said.textContent = says
  said.classList.toggle('refused', !isDone)
  saidAt = Date.now()
  setTimeout(() => {
    if (Date.now() - saidAt >= SAID_MS) said.textContent = ''
  }, SAID_MS)
}

/** @param {Record<string, unknown>} input */
const act = async (input) => {
  const lost = { isDone: false, says: 'The laptop does not answer.' }
  const reply = await fetch('/acts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  }).catch(() => undefined)
  /** @type {ActResult} */
  const result = reply === undefined ? lost : await reply.json().catch(() => lost)
  say(result)
  return result
}

/** @param {string | null} lastFour */
const lastFourOf = (lastFour) => element('code', '', lastFour === null ? 'no value' : `…${lastFour}`)

/** @param {ClientSight} client */
const slotsOf = ({ slots }) => {
  if (slots === null) return [element('div', 'stuck', 'no such client')]
  const current = element('div', '', 'current ')
  current.append(lastFourOf(slots.current))
  if (slots.next === null) return [current]
  const next = element('div', 'overlap', 'next ')
  next.append(lastFourOf(slots.next))
  return [current, next]
}

/** @param {ClientSight} client */
const versionsOf = ({ versions }) =>
  versions.map(({ origin, labels, lastFour }) => {
    const row = element('div', '', '')
    row.append(lastFourOf(lastFour), ` ${origin} `, ...labels.map((label) => element('span', 'chip', label)))
    return row
  })

/** @param {ClientSight} client @param {HTMLElement} row */
const fill = (client, row) => {
  const { name, clientId, state, position, rotatedAt, overlapUntil, isHeld, isOverdue } = client
  find(row, '.name strong', HTMLElement).textContent = name
  find(row, '.name small', HTMLElement).textContent = clientId
  const badge = find(row, '.badge', HTMLElement)
  badge.className = `badge ${state}`
  // In words: a colour alone is missed.
  badge.textContent = [state === 'dead' ? 'DEAD' : state, isHeld && state !== 'held' && 'held', isOverdue && 'overdue']
    .filter(Boolean)
    .join(', ')
  find(row, '.state small', HTMLElement).textContent = `position: ${position ?? 'unknown'}`
  find(row, '.slots', HTMLElement).replaceChildren(...slotsOf(client))
  find(row, '.versions', HTMLElement).replaceChildren(...versionsOf(client))
  const since = find(row, '.since', HTMLElement)
  since.textContent = rotatedAt === null ? '–' : dateOf(rotatedAt)
  if (overlapUntil !== null) since.append(element('small', '', `overlap until ${dateOf(overlapUntil)}`))
}

/** @param {ClientSight} client */
const newRow = ({ secretName }) => {
  const template = find(document, '#row', HTMLTemplateElement)
  const row = find(/** @type {DocumentFragment} */ (template.content.cloneNode(true)), 'tr', HTMLElement)
  row.dataset.secret = secretName
  for (const button of row.querySelectorAll('button')) {
    button.addEventListener('click', async () => {
      button.disabled = true
      await act({ act: button.dataset.act, secret: secretName })
      button.disabled = false
    })
  }
  return row
}

/** @param {PageState} state */
const showState = ({ now, clients, more, faults }) => {
  at('#clock').textContent = dateOf(now)
  at('#tally').textContent = `${clients.length + more}`
  at('#more').textContent = more === 0 ? '' : `… and ${more} more; m2m list shows them all.`
  const body = at('#clients')
  /** @type {Map<string | undefined, HTMLElement>} */
  const rows = new Map(
    [...body.children].flatMap((row) => (row instanceof HTMLElement ? [[row.dataset.secret, row]] : [])),
  )
  const shown = clients.map((client) => {
    const row = rows.get(client.secretName) ?? newRow(client)
    fill(client, row)
    return row
  })
  // Rows that stay where they are keep the focus of their buttons.
  if (shown.length !== body.children.length || shown.some((row, index) => body.children[index] !== row)) {
    body.replaceChildren(...shown)
  }
  at('#faults').replaceChildren(
    ...faults.map(({ at: where, fault, left }) => element('li', '', `${where} ${fault.op}: ${fault.kind}, ${left} ×`)),
  )
}

const hidden = () =>
  new Set(
    [...document.querySelectorAll('.filters input')].flatMap((box) =>
      box instanceof HTMLInputElement && !box.checked ? [box.value] : [],
    ),
  )

/** @param {TimelineLine} line */
const lineOf = ({ at: when, where, what, about, isFault }) => {
  const row = element('li', '', '')
  row.dataset.where = where
  const tone = isFault ? 'fault' : where
  row.append(element('span', '', timeOf(when)), element('span', tone, where), element('span', 'about', about))
  row.append(element('span', tone, what))
  return row
}

let lastNumber = 0
/** @param {readonly TimelineLine[]} lines */
const showLines = (lines) => {
  const list = at('#timeline')
  const away = hidden()
  for (const line of lines) {
    // A stream that was broken off begins anew with all that is kept.
    if (line.number <= lastNumber) continue
    lastNumber = line.number
    const row = lineOf(line)
    row.hidden = away.has(line.where)
    list.prepend(row)
  }
  while (list.children.length > SHOWN_LINES) list.lastElementChild?.remove()
}

const connect = () => {
  const stream = new EventSource('/events')
  const connection = at('#connection')
  stream.addEventListener('state', ({ data }) => showState(JSON.parse(data)))
  stream.addEventListener('lines', ({ data }) => showLines(JSON.parse(data)))
  stream.addEventListener('open', () => {
    connection.textContent = 'live'
    connection.classList.remove('lost')
  })
  stream.addEventListener('error', () => {
    connection.textContent = 'the laptop has ended, or does not answer'
    connection.classList.add('lost')
  })
}

/** @param {string} id @param {(fields: FormData) => Promise<ActResult>} submit @param {boolean} isEmptied */
const onSubmit = (id, submit, isEmptied) => {
  const form = find(document, id, HTMLFormElement)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const { isDone } = await submit(new FormData(form))
    if (isDone && isEmptied) form.reset()
  })
  return form
}

onSubmit(
  '#register',
  (fields) => {
    const scopes = String(fields.get('scopes') ?? '')
    return act({ act: 'register', name: fields.get('name'), scopes: scopes.split(/\s+/).filter((one) => one !== '') })
  },
  true,
)
const faultForm = onSubmit(
  '#fault',
  (fields) => {
    const kind = fields.get('kind')
    const more = kind === 'delay' ? { delay_ms: 3000 } : kind === 'error' ? { status: 500 } : {}
    const fault = { op: fields.get('op'), kind, count: Number(fields.get('count')), ...more }
    return act({ act: 'fault', at: fields.get('at'), fault })
  },
  false,
)
const suggest = () => {
  const names = new FormData(faultForm).get('at') === 'AWS' ? operations.AWS : operations.Stytch
  at('#operations').replaceChildren(
    ...['*', ...names].map((name) => {
      const option = document.createElement('option')
      option.value = name
      return option
    }),
  )
}
faultForm.addEventListener('change', suggest)
suggest()
at('#calm').addEventListener('click', () => void act({ act: 'calm' }))
for (const button of document.querySelectorAll('button[data-hours]')) {
  if (!(button instanceof HTMLElement)) continue
  button.addEventListener('click', () => void act({ act: 'clock', hours: Number(button.dataset.hours) }))
}
for (const box of document.querySelectorAll('.filters input')) {
  box.addEventListener('change', () => {
    const away = hidden()
    for (const row of at('#timeline').children) {
      if (row instanceof HTMLElement) row.hidden = away.has(row.dataset.where ?? '')
    }
  })
}
connect()
