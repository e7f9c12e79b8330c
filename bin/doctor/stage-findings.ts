// What is wrong with what AWS shows of a stage (stage-looks.ts), and what to type. Pure, but for asking; a look that is denied or fails becomes a
// finding that says what is not known for it, and which action is missing.
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import { AwsCallError, isDenied } from '../before-deploy/check.ts'
import { judgeKeyPolicy, type KeyPolicyStatement, keyRepair } from '../before-deploy/key-policy.ts'
import type { ShownAlarm, ShownKey, ShownRule, StageLooks, Subscription } from './stage-looks.ts'

export interface StagePlace {
  readonly stage: string
  readonly partition: string
  readonly region: string
  readonly account: string
  /** Absent: the deployment does not say it, or has the one that AWS manages. */
  readonly keyArn?: string | undefined
  /** What the key must let its users do. */
  readonly keyUses: readonly KeyPolicyStatement[]
  /** Whether campaigns begin by a schedule; undefined: it is not known. */
  readonly hasCampaigns: boolean | undefined
}

const subscribe = (topicArn: string): string =>
  `aws sns subscribe --topic-arn ${topicArn} --protocol email --notification-endpoint you@example.com`

const isConfirmed = ({ arn }: Subscription): boolean => arn.startsWith('arn:')

export const subscriptionFindings = (
  topicArn: string,
  found: readonly Subscription[] | undefined,
): readonly FleetFinding[] => {
  const subject = topicArn.split(':').at(-1) ?? topicArn
  const base = { kind: 'subscription', subject } as const
  if (found === undefined) {
    return [{ ...base, weight: 'broken', what: 'there is no such topic: nobody is notified', todo: 'deploy the stage' }]
  }
  if (found.length === 0) {
    const what = 'nobody is subscribed: notices reach nobody'
    return [{ ...base, weight: 'broken', what, todo: subscribe(topicArn) }]
  }
  const isAnyConfirmed = found.some(isConfirmed)
  return found
    .filter((one) => !isConfirmed(one))
    .map(({ protocol, endpoint, arn }) => ({
      ...base,
      weight: isAnyConfirmed ? 'attention' : 'broken',
      what: `the subscription of ${protocol} ${endpoint} is ${arn === 'PendingConfirmation' ? 'not confirmed' : arn}: no notice reaches it`,
      todo: `follow the link in the message that SNS sent, which is valid for two days; ${subscribe(topicArn).replace('email', protocol).replace('you@example.com', endpoint)} sends another`,
    }))
}

/** `m2m-prod-leak-IncidentErrors`: the runbook's page stands in it. */
const pageOf = (prefix: string, name: string): string => name.slice(prefix.length, name.lastIndexOf('-'))

export const alarmFindings = (prefix: string, found: readonly ShownAlarm[]): readonly FleetFinding[] => {
  if (found.length === 0) {
    const what = `there is no alarm whose name begins with ${prefix}: nothing that fails raises one`
    return [{ kind: 'alarm', weight: 'attention', subject: prefix, what, todo: 'deploy the stage' }]
  }
  const ringing = found
    .filter(({ state }) => state === 'ALARM')
    .map(({ name }): FleetFinding => {
      const todo = `aws cloudwatch describe-alarms --alarm-names ${name}; docs/runbook.md#${pageOf(prefix, name)}`
      return { kind: 'alarm', weight: 'broken', subject: name, what: 'it is in alarm', todo }
    })
  const mute = found
    .filter(({ notifies }) => !notifies)
    .map(({ name }): FleetFinding => {
      const todo = `aws cloudwatch enable-alarm-actions --alarm-names ${name}`
      return {
        kind: 'alarm',
        weight: 'attention',
        subject: name,
        what: 'its actions are disabled: it notifies nobody',
        todo,
      }
    })
  return [...ringing, ...mute]
}

export const keyFindings = (
  { keyArn = '', keyUses, account }: Pick<StagePlace, 'keyArn' | 'keyUses' | 'account'>,
  { state, policy }: ShownKey,
): readonly FleetFinding[] => {
  const base = { kind: 'key', subject: keyArn } as const
  if (state !== 'Enabled') {
    const todo = keyRepair(state, keyArn)
    return [{ ...base, weight: 'broken', what: `it is ${state}: values can be neither read nor stored`, todo }]
  }
  const { missing } = judgeKeyPolicy(policy, keyUses, account)
  return missing.map(({ Sid = 'a statement' }) => ({
    ...base,
    weight: 'broken',
    what: `its policy lacks ${Sid}: whoever that lets in is denied`,
    todo: 'add it: docs/deploying.md has the statements; a key of the stage gets them with a deployment',
  }))
}

const keyRotationFindings = (keyArn: string, isRotated: boolean): readonly FleetFinding[] =>
  isRotated
    ? []
    : [
        {
          kind: 'key',
          weight: 'attention',
          subject: keyArn,
          what: 'its material is never replaced: automatic rotation is off',
          todo: `aws kms enable-key-rotation --key-id ${keyArn}`,
        },
      ]

export const scheduleFindings = (name: string, state: string | undefined): readonly FleetFinding[] => {
  if (state === 'ENABLED') return []
  const what = state === undefined ? 'there is no such schedule: nothing calls it' : `it is ${state}: nothing calls it`
  const todo =
    state === undefined
      ? 'deploy the stage'
      : 'enable it in the console of EventBridge Scheduler, or deploy the stage again'
  return [{ kind: 'rule', weight: 'broken', subject: name, what, todo }]
}

export const ruleFindings = (busName: string, found: readonly ShownRule[] | undefined): readonly FleetFinding[] => {
  const base = { kind: 'rule', weight: 'broken' } as const
  if (found === undefined || found.length === 0) {
    const what = found === undefined ? 'there is no such bus' : 'it has no rule'
    const todo = 'deploy the stage; until then m2m incident --direct revokes without it'
    return [{ ...base, subject: busName, what: `${what}: a report of a leak reaches nobody`, todo }]
  }
  return found
    .filter(({ isEnabled }) => !isEnabled)
    .map(({ name }) => ({
      ...base,
      subject: name,
      what: `it is disabled on the bus ${busName}: its events reach nobody`,
      todo: `aws events enable-rule --name ${name} --event-bus-name ${busName}`,
    }))
}

/** @throws what is no AwsCallError */
const notSeen = (what: string, error: unknown): FleetFinding => {
  if (!(error instanceof AwsCallError)) throw error
  const base = { kind: 'notChecked', weight: 'attention', subject: error.action } as const
  return isDenied(error)
    ? { ...base, what: `${what} is not known: you may not`, todo: `allow your role ${error.action}` }
    : {
        ...base,
        what: `${what} is not known: it failed with ${error.errorName}`,
        todo: 'see whether AWS can be reached, and run m2m doctor again',
      }
}

/** Every look at once: they are few, and none waits for another. */
export const stageFindings = async (looks: StageLooks, place: StagePlace): Promise<readonly FleetFinding[]> => {
  const { stage, partition, region, account, keyArn, hasCampaigns } = place
  const look = (what: string, ask: () => Promise<readonly FleetFinding[]>): Promise<readonly FleetFinding[]> =>
    ask().catch((error: unknown) => [notSeen(what, error)])
  const topicArn = `arn:${partition}:sns:${region}:${account}:m2m-${stage}-alarms`
  const schedule = (part: string) =>
    look(`whether the schedule of ${part} is enabled`, async () =>
      scheduleFindings(`m2m-${stage}-${part}`, await looks.schedule(`m2m-${stage}-${part}`)),
    )
  const ofKey =
    keyArn === undefined
      ? []
      : [
          look('the state and the policy of the key', async () => keyFindings(place, await looks.key(keyArn))),
          look('whether the key is rotated', async () => keyRotationFindings(keyArn, await looks.isKeyRotated(keyArn))),
        ]
  const found = await Promise.all([
    ...ofKey,
    look('whether notices reach anybody', async () =>
      subscriptionFindings(topicArn, await looks.subscriptions(topicArn)),
    ),
    look('which alarms ring', async () => alarmFindings(`m2m-${stage}-`, await looks.alarms(`m2m-${stage}-`))),
    schedule('sweep'),
    ...(hasCampaigns === true ? [schedule('campaign')] : []),
    look('whether the rules of the bus are enabled', async () =>
      ruleFindings(`m2m-${stage}`, await looks.rules(`m2m-${stage}`)),
    ),
  ])
  return found.flat()
}
