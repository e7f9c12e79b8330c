// @ts-check
// The guided tour: five steps on the first client, each with one thing to press and what to look at. A step is done when the laptop shows it.
import { html, nothing } from '/lib/lit-html.js'
import { act } from './api.js'
import { four } from './format.js'
import { model, set } from './model.js'

/** @typedef {import('../sight.ts').ClientSight} ClientSight */
/**
 * @typedef {object} Step
 * @property {string} title
 * @property {(client: ClientSight | undefined) => string} says
 * @property {string} action
 * @property {(client: ClientSight | undefined) => Record<string, unknown> | undefined} input undefined: nothing is to be pressed
 * @property {(client: ClientSight | undefined) => boolean} isDone
 */

/** What the tour's client was when the step began. */
let began = { value: '', incident: '', killed: false }

/** @param {ClientSight | undefined} client */
const read = (client) => client?.versions.find(({ labels }) => labels.includes('AWSCURRENT'))?.lastFour ?? ''

/** @param {string} name @param {ClientSight | undefined} client */
const about = (name, client) => (client === undefined ? undefined : { act: name, secret: client.secretName })

/** @type {readonly Step[]} */
const steps = [
  {
    title: 'Two slots, one label',
    says: (client) =>
      client === undefined
        ? 'There is no client yet. Register one to begin.'
        : `Stytch accepts at most two secrets of ${client.name}: one in each slot. Secrets Manager’s label AWSCURRENT says which one consumers read.`,
    action: 'Register “tour”',
    input: (client) => (client === undefined ? { act: 'register', name: 'tour', scopes: [] } : undefined),
    isDone: (client) => client !== undefined,
  },
  {
    title: 'Rotate: both values work',
    says: () =>
      'Stytch issues a second secret. It is tried first, then the label moves to it. Watch the consumers: nobody fails, because the old value still works.',
    action: 'Rotate',
    input: (client) => about('rotate', client),
    isDone: (client) => client?.state === 'overlap' && read(client) !== began.value,
  },
  {
    title: 'Settle: the old value ends',
    says: () =>
      'After a day the sweep ends the overlap by itself. Here it ends at once: the new value slides into the current slot, the old one is refused.',
    action: 'End the overlap',
    input: (client) => about('settle', client),
    isDone: (client) => client?.state === 'settled',
  },
  {
    title: 'A secret leaks',
    says: (client) =>
      `An attacker has ${four(read(client))} and uses it. Report the leak: the value is replaced, ended, and proven to be refused. The proof is signed.`,
    action: 'Report the leak',
    input: (client) => about('leak', client),
    isDone: () => model.state?.incident?.proof != null && model.state.incident.incidentId !== began.incident,
  },
  {
    title: 'Killed at the worst moment',
    says: () =>
      'Stytch shows a new secret once. The function is killed right then, and the only copy is lost. Rotate, and see how it recovers in the timeline.',
    action: 'Kill it, and rotate',
    input: (client) => about('rotate', client),
    isDone: (client) => began.killed && client?.state === 'overlap' && read(client) !== began.value,
  },
]

export const tourClient = () => model.sorted.find(({ clientId }) => clientId?.startsWith('m2m-client-'))

/** @param {number} step */
const go = (step) => {
  began = { value: read(tourClient()), incident: model.state?.incident?.incidentId ?? '', killed: false }
  // Whatever it presses, it presses as somebody who may.
  set({ tour: step, search: '', filter: 'all', sort: 'name', page: 0, actAs: model.actors[0]?.key ?? '' })
  requestAnimationFrame(() => {
    const title = document.querySelector('#tour-title')
    if (title instanceof HTMLElement) title.focus()
    document.querySelector('.client.is-spotlit')?.scrollIntoView({ block: 'nearest' })
  })
}
export const startTour = () => go(0)
export const endTour = () => {
  set({ tour: undefined })
  const opener = document.querySelector('#open-tour')
  if (opener instanceof HTMLElement) opener.focus()
}

/** @param {Step} step @param {number} index */
const press = async (step, index) => {
  const client = tourClient()
  const input = step.input(client)
  if (input === undefined) return
  began = { value: read(client), incident: model.state?.incident?.incidentId ?? '', killed: false }
  if (index === steps.length - 1) {
    const { isDone } = await act({ act: 'preset', preset: 'killed' }, 'tour')
    if (!isDone) return
    began.killed = true
  }
  await act(input, 'tour')
}

export const tour = () => {
  const index = model.tour
  const step = index === undefined ? undefined : steps[index]
  if (index === undefined || step === undefined) return nothing
  const client = tourClient()
  const isDone = step.isDone(client)
  const isLast = index === steps.length - 1
  const hasAction = step.input(client) !== undefined
  return html`
    <p class="small">Step ${index + 1} of ${steps.length}</p>
    <h2 id="tour-title" tabindex="-1">${step.title}</h2>
    <p>${step.says(client)}</p>
    <p class="tour-state" role="status">${isDone ? 'Done: see it on the page.' : model.pending.has('tour') ? 'Going on…' : ''}</p>
    <div class="buttons">
      ${hasAction ? html`<button type="button" id="tour-do" class=${isDone ? '' : 'primary'} aria-busy=${model.pending.has('tour')} @click=${() => press(step, index)}>${step.action}</button>` : nothing}
      <button type="button" id="tour-next" class=${isDone ? 'primary' : ''} @click=${() => (isLast ? endTour() : go(index + 1))}>${isLast ? 'Finish' : 'Next'}</button>
      ${isLast ? nothing : html`<button type="button" id="tour-end" class="plain" @click=${endTour}>End the tour</button>`}
    </div>
    <ol class="tour-dots" aria-hidden="true">${steps.map((_, at) => html`<li class=${at === index ? 'is-here' : at < index ? 'is-past' : ''}></li>`)}</ol>
  `
}
