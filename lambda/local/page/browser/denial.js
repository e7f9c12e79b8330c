// @ts-check
// Whose rights the buttons have, and what AWS says when those are not enough: what was denied, and by which statement of which policy.
import { html, nothing } from '/lib/lit-html.js'
import { changed, model, set } from './model.js'

export const actingAs = () => {
  const [first] = model.actors
  const actor = model.actors.find(({ key }) => key === model.actAs)
  if (first === undefined || actor === undefined) return nothing
  return html`<div class="acting ${actor === first ? 'tone-plain' : 'tone-warn'}">
    <label for="act-as">Acting as</label>
    <select
      id="act-as"
      aria-describedby="act-as-may"
      .value=${actor.key}
      @change=${(/** @type {{ target: HTMLSelectElement }} */ { target }) => set({ actAs: target.value })}
    >
      ${model.actors.map(({ key, label }) => html`<option value=${key} ?selected=${actor.key === key}>${label}</option>`)}
    </select>
    <p id="act-as-may">${actor.may}</p>
  </div>`
}

/** The focus stays where the next thing is to be pressed. @param {string} about @param {Event} event */
const dismiss = (about, { target }) => {
  const place = target instanceof Element ? target.closest('.client, form') : null
  const next = place?.querySelector('.acts button, input')
  if (next instanceof HTMLElement) next.focus()
  model.denials.delete(about)
  changed()
}

/** @param {string} about a secret's name; '' of a client that is not there yet */
export const denialNote = (about) => {
  const found = model.denials.get(about)
  if (found === undefined) return nothing
  const { says, message, why, statement, named } = found
  return html`<div class="denied" role="group" aria-label=${says}>
    <p><b>${says}</b></p>
    ${why === '' ? nothing : html`<p>${why}</p>`}
    ${
      statement === null
        ? nothing
        : html`<p>Statement <code>${statement}</code>${named.length === 0 ? '' : html` names ${named.map((name, at) => html`${at === 0 ? '' : ', '}<code>${name}</code>`)}`}.</p>`
    }
    <p class="aws-says"><span class="faint">AWS says:</span> ${message}</p>
    <button type="button" @click=${(/** @type {Event} */ event) => dismiss(about, event)}>Dismiss</button>
  </div>`
}
