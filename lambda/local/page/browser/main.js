// @ts-check
// The laptop's page: draws what the server sends. It keeps nothing, and no action takes the focus away from where it was.
import { html, nothing, render } from '/lib/lit-html.js'
import { connect } from './api.js'
import { dialogs, showDialog } from './client-dialog.js'
import { clients, watchMoves } from './clients.js'
import { bar, head } from './head.js'
import { hasIncident, incident } from './incident.js'
import { changed, model, onChange, set } from './model.js'
import { timeline } from './timeline.js'
import { tools } from './tools.js'
import { endTour, startTour, tour, tourClient } from './tour.js'

/** @param {string} id */
const root = (id) => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no #${id}.`)
  return found
}

const openTools = () => {
  const hasTools = !model.hasTools
  set({ hasTools })
  requestAnimationFrame(() => {
    const target = document.querySelector(hasTools ? '#tools-title' : '#open-tools')
    if (target instanceof HTMLElement) target.focus()
  })
}

const views = /** @type {const} */ ([
  ['bar', () => bar(openTools, startTour)],
  ['head', head],
  ['incident', incident],
  ['clients', clients],
  ['timeline', timeline],
  ['tools', tools],
  ['tour', tour],
  ['dialogs', dialogs],
])

/** Of what is drawn for the first time, the placeholder is taken out. */
const emptied = new Set()

const said = () => {
  const place = root('said')
  place.classList.toggle('refused', model.said?.isDone === false)
  render(model.said === undefined ? nothing : html`${model.said.says}`, place)
}

/** An element that is gone gives its focus to the heading of where it was. */
const keepFocus = () => {
  const before = document.activeElement
  const section = before?.closest('#clients, #timeline, #incident, #tools, #tour')
  return () => {
    if (before === null || before === document.body || document.activeElement !== document.body) return
    const isClosed = section === null || section === undefined || section.hasAttribute('hidden')
    const target = isClosed
      ? document.querySelector(
          section?.id === 'tools' ? '#open-tools' : section?.id === 'tour' ? '#open-tour' : '#clients-title',
        )
      : (section.querySelector('h2[tabindex]') ?? document.querySelector('#clients-title'))
    if (target instanceof HTMLElement) target.focus({ preventScroll: true })
  }
}

let shownIncident = ''
/** Whoever reported a leak wants to see what comes of it. */
const bringIncident = () => {
  const id = model.state?.incident?.incidentId ?? ''
  if (id === shownIncident) return
  const isFirstSight = shownIncident === '' && model.state?.incident?.endedAt !== null
  shownIncident = id
  if (id !== '' && !isFirstSight) root('incident').scrollIntoView({ block: 'nearest' })
}

/** For whoever measures it: when the page showed that for the first time. @param {string} name @param {boolean} isShown */
const mark = (name, isShown) => {
  if (isShown && performance.getEntriesByName(name).length === 0) performance.mark(name)
}

onChange(() => {
  const restore = keepFocus()
  const move = watchMoves()
  for (const [id, view] of views) {
    const place = root(id)
    if (!emptied.has(id)) {
      emptied.add(id)
      place.replaceChildren()
    }
    render(view(), place)
  }
  root('incident').hidden = !hasIncident()
  root('tools').hidden = !model.hasTools
  root('tour').hidden = model.tour === undefined
  document.body.classList.toggle('has-tour', model.tour !== undefined)
  const spotlit = model.tour === undefined ? undefined : tourClient()?.secretName
  for (const card of document.querySelectorAll('.client')) {
    card.classList.toggle('is-spotlit', card.getAttribute('data-secret') === spotlit)
  }
  mark('clients-drawn', document.querySelector('.client') !== null)
  mark('answered', model.state !== undefined)
  showDialog()
  said()
  move()
  restore()
  bringIncident()
})

document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape' || model.dialog !== undefined) return
  if (model.hasTools) openTools()
  else if (model.tour !== undefined) endTour()
})
connect()
changed()
