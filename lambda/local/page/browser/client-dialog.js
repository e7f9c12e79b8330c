// @ts-check
// What is asked and shown in a dialog: a new client, a question before something that breaks consumers, everything that is known of a client.
import { html, nothing } from '/lib/lit-html.js'
import { act } from './api.js'
import { denialNote } from './denial.js'
import { dateOf, exactTimeOf, four, spanOf } from './format.js'
import { model, set } from './model.js'

/** @typedef {import('../sight.ts').ClientSight} ClientSight */

const close = () => {
  model.denials.delete('')
  set({ dialog: undefined })
}

/** @param {SubmitEvent} event */
const register = async (event) => {
  event.preventDefault()
  const form = event.currentTarget
  if (!(form instanceof HTMLFormElement)) return
  const fields = new FormData(form)
  const scopes = String(fields.get('scopes') ?? '')
    .split(/\s+/)
    .filter((one) => one !== '')
  const { isDone, says, denial } = await act({ act: 'register', name: fields.get('name'), scopes }, 'register')
  if (isDone) close()
  else {
    const fault = form.querySelector('.fault')
    if (fault !== null) fault.textContent = denial === undefined ? says : ''
  }
}

const registerForm = () =>
  html`<form @submit=${register}>
    <h2 id="dialog-title">Register a client</h2>
    <p>Makes an M2M client at Stytch, stores its first secret, and turns rotation on.</p>
    <label>Name <input name="name" required placeholder="billing-api" autocomplete="off" spellcheck="false" autofocus /></label>
    <label>Scopes, separated by spaces <input name="scopes" placeholder="read:invoices write:invoices" autocomplete="off" spellcheck="false" /></label>
    <p class="fault" role="alert"></p>
    ${denialNote('')}
    <div class="dialog-buttons">
      <button type="button" @click=${close}>Cancel</button>
      <button class="primary" aria-busy=${model.pending.has('register')}>${model.pending.has('register') ? 'Registering…' : 'Register'}</button>
    </div>
  </form>`

/** @param {Extract<import('./model.js').Dialog, { kind: 'confirm' }>} dialog */
const question = ({ title, body, action, input }) => {
  const go = () => {
    close()
    void act(input, `${input.act} ${input.secret}`)
  }
  return html`<h2 id="dialog-title">${title}</h2>
    <p>${body}</p>
    <div class="dialog-buttons">
      <button type="button" autofocus @click=${close}>Cancel</button>
      <button type="button" class="danger" @click=${go}>${action}</button>
    </div>`
}

/** @param {number | null} at */
const when = (at) => (at === null ? '–' : `${dateOf(at)} UTC, ${spanOf((model.state?.now ?? at) - at)} ago`)

/** @param {ClientSight} client */
const details = (client) => {
  const { name, secretName, clientId, state, position, slots, versions, rotatedAt, issuedAt, overlapUntil } = client
  const words = model.states[state]
  const stories = [...model.stories.values()]
    .filter(({ about }) => about === name)
    .slice(-6)
    .reverse()
  return html`<h2 id="dialog-title">${name}</h2>
    <p><span class="state tone-${words?.tone}">${words?.label ?? state}</span> ${words?.means}</p>
    <dl class="facts">
      <dt>Client id</dt><dd><code>${clientId ?? '–'}</code></dd>
      <dt>Secret</dt><dd><code>${secretName}</code></dd>
      <dt>Position</dt><dd>${position ?? 'unknown'}</dd>
      <dt>Stytch accepts</dt><dd>${slots === null ? 'nothing: it knows no such client' : html`<code>${four(slots.current)}</code> in the current slot, ${slots.next === null ? 'the next slot is empty' : html`<code>${four(slots.next)}</code> in the next slot`}`}</dd>
      <dt>Value issued</dt><dd>${when(issuedAt)}</dd>
      <dt>Last rotated</dt><dd>${when(rotatedAt)}</dd>
      ${overlapUntil === null ? nothing : html`<dt>Overlap until</dt><dd>${dateOf(overlapUntil)} UTC</dd>`}
    </dl>
    <h3>Versions in Secrets Manager</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="Versions of ${name}">
      <table>
        <thead><tr><th scope="col">Value</th><th scope="col">Made by</th><th scope="col">Labels</th><th scope="col">Version id</th></tr></thead>
        <tbody>
          ${versions.map(
            ({ id, origin, labels, lastFour }) =>
              html`<tr><td><code>${lastFour === null ? 'no value' : four(lastFour)}</code></td><td>${origin}</td><td>${labels.join(', ')}</td><td><code class="id">${id}</code></td></tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${stories.length === 0 ? nothing : html`<h3>What happened last</h3><ul class="last">${stories.map(({ says, at }) => html`<li><time>${exactTimeOf(at)}</time> ${says}</li>`)}</ul>`}
    <div class="dialog-buttons"><button type="button" autofocus @click=${close}>Close</button></div>`
}

const content = () => {
  const { dialog } = model
  if (dialog?.kind === 'register') return registerForm()
  if (dialog?.kind === 'confirm') return question(dialog)
  const client = dialog === undefined ? undefined : model.clients.get(dialog.secretName)
  return client === undefined ? nothing : details(client)
}

export const dialogs = () =>
  html`<dialog
    id="dialog"
    class=${model.dialog === undefined ? '' : `is-${model.dialog.kind}`}
    aria-labelledby="dialog-title"
    @close=${close}
    @click=${(/** @type {MouseEvent} */ event) => {
      // On the backdrop: the dialog itself has no padding of its own.
      if (event.target === event.currentTarget) close()
    }}
  >
    <div class="dialog-body">${content()}</div>
  </dialog>`

/** Opens or closes it as the model says; the browser brings the focus back to what opened it. */
export const showDialog = () => {
  const found = document.querySelector('#dialog')
  if (!(found instanceof HTMLDialogElement)) return
  const isWanted = model.dialog !== undefined
  if (isWanted && !found.open) found.showModal()
  if (!isWanted && found.open) found.close()
}
