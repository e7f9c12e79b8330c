// @ts-check
// One client: Stytch's two slots as two slots, the label that says what consumers read, how long both values work, and what can be done.
import { html, nothing, svg } from '/lib/lit-html.js'
import { act } from './api.js'
import { denialNote } from './denial.js'
import { countOf, countWord, four, spanOf, timeOf } from './format.js'
import { model, set, toneOf } from './model.js'

/** @typedef {import('../sight.ts').ClientSight} ClientSight */

/** @param {ClientSight} client @param {string} label */
export const labelled = ({ versions }, label) => versions.find(({ labels }) => labels.includes(label))

/** Whether consumers can read the value and use it, as far as the states of secret and client go. @param {ClientSight} client */
const isUsable = ({ state, isActive }) => isActive !== false && state !== 'deleted'

/** Where the value that consumers read is: in which slot, or in none. @param {ClientSight} client @returns {'current' | 'next' | 'none'} */
const placeOf = (client) => {
  const read = labelled(client, 'AWSCURRENT')?.lastFour
  if (client.slots === null || !read || client.state === 'dead' || !isUsable(client)) return 'none'
  return client.slots.next === read ? 'next' : client.slots.current === read ? 'current' : 'none'
}

/** What is in a slot: in words, and as a class. @param {ClientSight} client @param {'current' | 'next'} slot */
const slotLook = (client, slot) => {
  const lastFour = client.slots?.[slot] ?? null
  if (lastFour === null) return { words: 'empty', look: 'is-empty' }
  if (client.isActive === false) return { words: 'refused: inactive', look: 'is-refused' }
  if (placeOf(client) === slot) return { words: 'consumers read this', look: 'is-read' }
  const stored = client.versions.find((version) => version.lastFour === lastFour)
  if (stored === undefined) return { words: 'stored nowhere', look: 'is-unknown' }
  const isPending = stored.labels.includes('AWSPENDING') && !stored.labels.includes('AWSCURRENT')
  return { words: isPending ? 'new, being tried' : 'still accepted', look: 'is-other' }
}

/** @param {ClientSight} client @param {'current' | 'next'} slot */
const slotBox = (client, slot) => {
  const lastFour = client.slots?.[slot] ?? null
  const { words, look } = slotLook(client, slot)
  return html`<div class="slot ${look}">
    <span class="slot-name">${slot} slot</span>
    ${lastFour === null ? html`<span class="four none" aria-hidden="true">—</span>` : html`<code class="four" data-four=${lastFour}>${four(lastFour)}</code>`}
    <span class="slot-words">${words}</span>
  </div>`
}

/** The label under the slots; it moves with a switch. @param {ClientSight} client */
const pointer = (client) => {
  const place = placeOf(client)
  const read = labelled(client, 'AWSCURRENT')?.lastFour
  const why = client.state === 'deleted' ? 'cannot be read' : 'refused'
  const words = place === 'none' ? (read ? `AWSCURRENT ${four(read)}: ${why}` : 'no AWSCURRENT') : 'AWSCURRENT'
  return html`<div class="pointer at-${place} ${toneOf(client) === 'quiet' ? 'is-quiet' : ''}"><span>${words}</span></div>`
}

/** @param {ClientSight} client */
const overlap = ({ overlapFrom, overlapUntil, state }) => {
  const now = model.state?.now ?? 0
  if (now === 0 || overlapFrom === null || overlapUntil === null || (state !== 'overlap' && state !== 'held'))
    return nothing
  const left = Math.max(0, overlapUntil - now)
  const share = Math.min(1, left / Math.max(1, overlapUntil - overlapFrom))
  return html`<div class="overlap">
    <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="whole" width="100" height="4"></rect>${svg`<rect class="left" width=${(share * 100).toFixed(2)} height="4"></rect>`}
    </svg>
    <span>${left > 0 ? `Both work for ${spanOf(left)} more` : 'The overlap ends with the next sweep'}</span>
  </div>`
}

/** @param {ClientSight} client */
const consumer = ({ secretName }) => {
  const at = model.state?.traffic.consumers[secretName]
  if (at === undefined) return nothing
  return html`<p class="consumer ${at.failures > 0 ? 'tone-bad' : 'tone-good'}">
    <span class="pulse" aria-hidden="true"></span>consumer holds <code>${four(at.holds)}</code>
    <span class="faint">${countOf(at.failures)} failed of ${countWord(at.requests, 'request')}</span>
  </p>`
}

const showIncident = () => {
  set({ hiddenIncident: '' })
  requestAnimationFrame(() => {
    const title = document.querySelector('#incident-title')
    if (!(title instanceof HTMLElement)) return
    title.focus({ preventScroll: true })
    document.querySelector('#incident')?.scrollIntoView({ block: 'start' })
  })
}

/** What has become of the value that leaked last, where it was this client's. @param {ClientSight} client */
const leakNote = ({ name, secretName }) => {
  const incident = model.state?.incident ?? null
  if (incident === null || incident.secretName !== secretName) return nothing
  const { leaked, proof, endedAt } = incident
  const isProven = proof !== null
  const words = isProven
    ? `leaked; Stytch refuses it since ${timeOf(proof.firstRefusedAt)}, proof signed`
    : endedAt === null
      ? 'leaked; it is being replaced'
      : 'leaked; no signed proof that it is refused'
  return html`<p class="leak tone-${isProven ? 'good' : 'bad'}">
    <code>${four(leaked)}</code> ${words}.
    <button type="button" class="link" aria-label="Show the leak of ${name}" @click=${showIncident}>Show</button>
  </p>`
}

/** What is out of the ordinary. @param {ClientSight} client */
const means = ({ state, isOverdue }) => {
  const words = model.states[state]
  const isPlain = words === undefined || words.tone === 'good' || words.tone === 'busy'
  if (isPlain && !isOverdue) return nothing
  return html`<p class="means">${isPlain ? 'The value is older than it may become.' : words.means}</p>`
}

/** Why a button does nothing now; '' where it may. @param {ClientSight} client @param {string} name */
const reasonAgainst = ({ state, slots }, name) => {
  if (name === 'read') {
    return state === 'deleted' || state === 'empty' ? 'There is no value that anybody could read.' : ''
  }
  // A leak waits for nothing.
  if (state === 'rotating' && name !== 'leak') return 'A rotation is under way; wait until it has ended.'
  if (state === 'retired' || state === 'deleted' || state === 'gone') return `The client is ${state}.`
  if (name === 'settle' && slots?.next === null && state !== 'revoked')
    return 'No overlap is open, so there is nothing to end.'
  if (name === 'rollback' && state === 'revoked') return 'A revoked value never comes back.'
  if (name === 'rollback' && state !== 'overlap') return 'No overlap is open, so there is nothing to go back to.'
  return ''
}

const buttons = /** @type {const} */ ([
  { name: 'rotate', says: 'Rotate', hint: 'Issues a new value; the old one keeps working for a day' },
  { name: 'settle', says: 'Settle', hint: 'Ends the overlap now: the old value is refused' },
  { name: 'rollback', says: 'Roll back', hint: 'During an overlap: consumers read the old value again' },
  {
    name: 'read',
    says: 'Read value',
    hint: 'Reads AWSCURRENT as a consumer does; the page shows the last four characters',
  },
  { name: 'leak', says: 'Report leak', hint: 'Replaces the value at once, ends it, and proves that it is refused' },
])

/** @param {ClientSight} client @param {string} name @param {string} reason */
const press = (client, name, reason) => {
  const { secretName } = client
  const input = { act: name, secret: secretName }
  if (reason !== '') return set({ said: { isDone: false, says: reason } })
  if (name === 'rotate' && client.state === 'overlap') {
    const old = client.slots?.current
    return set({
      dialog: {
        kind: 'confirm',
        title: `Rotate ${client.name} during its overlap?`,
        body: `Stytch holds two values at most, so the overlap ends first: ${four(old)} is refused, and consumers that still hold it fail until they read the secret again.`,
        action: 'End the overlap and rotate',
        input,
      },
    })
  }
  void act(input, `${name} ${secretName}`)
}

/** @param {ClientSight} client */
const actions = (client) =>
  html`<div class="acts" role="group" aria-label="Actions for ${client.name}">
    ${buttons.map(({ name, says, hint }) => {
      const reason = reasonAgainst(client, name)
      const isPending = model.pending.has(`${name} ${client.secretName}`)
      return html`<button
        type="button"
        data-act=${name}
        class=${name === 'leak' ? 'danger' : ''}
        title=${reason || hint}
        aria-label="${says}: ${client.name}"
        aria-disabled=${reason !== '' || isPending}
        aria-busy=${isPending}
        @click=${() => press(client, name, reason)}
      >
        ${says}
      </button>`
    })}
  </div>`

/** @param {ClientSight} client */
export const clientCard = (client) => {
  const { name, state, rotatedAt, issuedAt, isHeld, isOverdue, secretName } = client
  const now = model.state?.now ?? 0
  const words = model.states[state]
  const age = issuedAt === null || now === 0 ? '' : `value is ${spanOf(now - issuedAt)} old`
  const rotated = rotatedAt === null || now === 0 ? '' : `last change ${spanOf(now - rotatedAt)} ago`
  return html`<article class="client tone-${toneOf(client)}" data-secret=${secretName} data-state=${state} aria-label=${name}>
    <div class="who">
      <h3><button type="button" class="name" aria-haspopup="dialog" title="Versions, ids and dates" @click=${() => set({ dialog: { kind: 'client', secretName } })}>${name}</button></h3>
      <p class="badges">
        <span class="state" title=${words?.means ?? ''}>${words?.label ?? state}</span>
        ${isHeld && state !== 'held' ? html`<span class="state tone-warn">held</span>` : nothing}
        ${isOverdue ? html`<span class="state tone-bad">overdue</span>` : nothing}
      </p>
      <p class="small">${[age, rotated].filter(Boolean).join(' · ')}</p>
      ${means(client)} ${model.states[state]?.tone === 'bad' ? nothing : consumer(client)} ${leakNote(client)}
    </div>
    <div class="slots" role="group" aria-label="Stytch’s slots of ${name}">
      ${client.slots === null ? html`<p class="no-slots">Stytch has no slots for this client.</p>` : html`${slotBox(client, 'current')}${slotBox(client, 'next')}`}
      ${pointer(client)} ${overlap(client)}
    </div>
    ${actions(client)} ${denialNote(secretName)}
  </article>`
}
