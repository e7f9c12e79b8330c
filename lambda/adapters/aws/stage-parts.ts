// What a stage stands on, as the sweep asks for it: one read of each, signed without the service's client (docs/decisions/050). Only what the
// service says itself counts as broken; a call that is denied, or gets no answer, leaves it unclear.
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import type { PartAnswer, StagePart } from '../../core/sweep/stage-check.ts'
import { type AwsRequest, jsonRequest } from './request-signer.ts'
import { isPassing, type Sending, sendAgain } from './send-again.ts'
import { errorTypeOf, type SignedReply } from './signed-call.ts'

/** The end of a sweep waits for it. */
const TIMEOUT_MS = 2000
const TRIES = 2

const well: PartAnswer = { is: 'well' }
const broken = (why: string): PartAnswer => ({ is: 'broken', why })
const unclear = (why: string): PartAnswer => ({ is: 'unclear', why })

type Judge = (reply: SignedReply) => PartAnswer

const ask = async (sending: Sending, request: AwsRequest, judge: Judge): Promise<PartAnswer> => {
  const sent = await sendAgain({ timeoutMs: TIMEOUT_MS, tries: TRIES, ...sending }, request, ({ status, body }) => {
    const why = errorTypeOf(parseJsonObject(body), status)
    return status !== 200 && isPassing(why, status) ? why : undefined
  })
  return sent.reply === undefined ? unclear(`no answer (${sent.why})`) : judge(sent.reply)
}

/** @param read what is wrong by a reply of 200; undefined: nothing */
const judging =
  (read: (json: JsonObject) => string | undefined): Judge =>
  ({ status, headers, body }) => {
    const json = parseJsonObject(body)
    if (status === 200) {
      if (json === undefined) return unclear('a reply that is no JSON')
      const why = read(json)
      return why === undefined ? well : broken(why)
    }
    const error = headers['x-amzn-errortype']?.split(':')[0] ?? errorTypeOf(json, status)
    if (error === 'ResourceNotFoundException' || error === 'NotFoundException') return broken('it does not exist')
    return unclear(`it cannot be asked for (${error})`)
  }

const enabled = (json: JsonObject): string | undefined => {
  const state = typeof json.State === 'string' ? json.State : 'unknown'
  return state.startsWith('ENABLED') ? undefined : `it is ${state}`
}

/** EventBridge Scheduler's, of the default group. */
export const createSchedulePart = (sending: Sending, schedule: string, kind: StagePart['kind']): StagePart => ({
  name: `schedule ${schedule}`,
  kind,
  ask: () =>
    ask(
      sending,
      { method: 'GET', path: `/schedules/${schedule}`, query: { groupName: 'default' }, headers: {}, body: '' },
      judging(enabled),
    ),
})

/** @param rule perhaps `bus|rule`, as CloudFormation names a rule on a bus of its own. @param bus its name or ARN */
export const createRulePart = (sending: Sending, rule: string, bus: string): StagePart => {
  const name = rule.slice(rule.indexOf('|') + 1)
  return {
    name: `rule ${name}`,
    kind: 'checkFailed',
    ask: () =>
      ask(sending, jsonRequest('AWSEvents.DescribeRule', '1.1', { Name: name, EventBusName: bus }), judging(enabled)),
  }
}

/** @param keyArn of the secrets' key */
export const createKeyPart = (sending: Sending, keyArn: string): StagePart => ({
  name: `key ${keyArn.slice(keyArn.lastIndexOf('/') + 1)}`,
  kind: 'checkFailed',
  ask: () =>
    ask(
      sending,
      jsonRequest('TrentService.DescribeKey', '1.1', { KeyId: keyArn }),
      judging(({ KeyMetadata: metadata }) => {
        const state = isJsonObject(metadata) ? metadata.KeyState : undefined
        return state === 'Enabled' ? undefined : `it is ${typeof state === 'string' ? state : 'unknown'}`
      }),
    ),
})

const subscriptionsIn: Judge = ({ status, body }) => {
  if (status !== 200)
    return unclear(`it cannot be asked for (${/<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? `status ${status}`})`)
  const arns = [...body.matchAll(/<SubscriptionArn>([^<]*)<\/SubscriptionArn>/g)].map(([, arn = '']) => arn)
  if (!body.includes('<ListSubscriptionsByTopicResult>')) return unclear('a reply that is no list')
  if (arns.length === 0) return broken('nobody is subscribed')
  const pending = arns.filter((arn) => !arn.startsWith('arn:')).length
  return pending === 0 ? well : broken(`${pending} of ${arns.length} subscriptions are not confirmed`)
}

/** Of the first hundred subscriptions. */
export const createSubscriptionPart = (sending: Sending, topicArn: string): StagePart => ({
  name: `topic ${topicArn.slice(topicArn.lastIndexOf(':') + 1)}`,
  kind: 'checkFailed',
  ask: () => {
    const form = { Action: 'ListSubscriptionsByTopic', Version: '2010-03-31', TopicArn: topicArn }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return ask(sending, { path: '/', headers, body: new URLSearchParams(form).toString() }, subscriptionsIn)
  },
})
