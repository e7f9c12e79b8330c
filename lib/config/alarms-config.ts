// Who is notified: an address, a topic that somebody else owns, a chat channel, or the written reason why nobody is.
import { defined } from '../../lambda/core/base/defined.ts'
import { matching, type Place } from './config-place.ts'
import { shapes } from './config-shapes.ts'

/** A topic takes one form of message: what is in chat's form cannot be read as mail. */
export type AlarmAddress =
  | {
      readonly email?: string
      /** An existing topic, instead of one that the stack makes. */
      readonly topicArn?: string
      /** Messages in the schema of Amazon Q Developer in chat applications; beside `email`, on a topic of their own. */
      readonly chat: boolean
    }
  | { readonly noneBecause: string }

const EXPECTED = '{ "email": … }, { "topicArn": … }, { "chat": true } or { "noneBecause": "…" }'

const topicArn = matching(
  /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
  "a standard topic's ARN, arn:aws:sns:<region>:<account>:<name>, without .fifo",
)

export const readAlarms = (root: Place): AlarmAddress => {
  const place = root.inner('alarms', EXPECTED)
  if (place === undefined) return { noneBecause: '' }
  place.onlyKnows('email', 'topicArn', 'chat', 'noneBecause')
  const given = ['email', 'topicArn', 'noneBecause'].filter((name) => place.has(name))
  const { chat } = place.fields
  if (chat !== undefined && chat !== true) place.fault('chat', `is malformed: ${JSON.stringify(chat)}; expected true`)
  if (given.length === 0 && chat === undefined) place.fault('', `decides nothing: expected ${EXPECTED}`)
  if (given.length > 1)
    place.fault('', `decides nothing: ${given.join(' and ')} exclude each other; expected ${EXPECTED}`)
  if (place.has('noneBecause')) {
    if (chat !== undefined)
      place.fault('chat', 'is for somebody, and noneBecause says that there is nobody: expected one')
    return { noneBecause: place.text('noneBecause', shapes.reason) }
  }
  const email = place.optional('email', shapes.email)
  const existing = place.optional('topicArn', topicArn)
  return { chat: chat === true, ...defined({ email, topicArn: existing }) }
}

/** `https://…/docs/runbook.md`: the page's anchors are put behind it. Nothing that a template of EventBridge cannot hold. */
export const runbookUrlShape = {
  expected:
    'an https URL of at most 200 characters, without #, quotation marks or spaces, such as "https://wiki.example.com/m2m/runbook"',
  fits: (value: string) =>
    value.length <= 200 &&
    /^https:\/\/[^\s"\\<>#]+$/.test(value) &&
    URL.canParse(value) &&
    new URL(value).username === '',
}
