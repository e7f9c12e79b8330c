// What AWS shows of a deployed stage beside its secrets: who gets its notices, which alarms ring, its key, its schedules and its rules. Each look
// is a question of its own, so that one that is denied hides none of the others; it fails with an AwsCallError that names the action.
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../lambda/adapters/aws/aws-call.ts'
import { defined } from '../../lambda/core/base/defined.ts'
import { parseJsonObject } from '../../lambda/core/base/json-object.ts'
import { AwsCallError } from '../before-deploy/check.ts'
import { asked, unlessMissing } from '../before-deploy/name-lookups.ts'
import { createSignedProtocols, type EndpointOf, elementsOf } from '../before-deploy/signed-protocols.ts'
import { processEndpoint } from '../terminal/cli-env.ts'

export interface Subscription {
  readonly protocol: string
  readonly endpoint: string
  /** SNS shows `PendingConfirmation` or `Deleted` in place of an ARN. */
  readonly arn: string
}

export interface ShownAlarm {
  readonly name: string
  /** OK, ALARM or INSUFFICIENT_DATA. */
  readonly state: string
  readonly notifies: boolean
}

export interface ShownKey {
  readonly state: string
  readonly policy: unknown
}

export interface ShownRule {
  readonly name: string
  readonly isEnabled: boolean
}

export interface StageLooks {
  account(): Promise<string>
  /** @returns undefined: there is no such topic. */
  subscriptions(topicArn: string): Promise<readonly Subscription[] | undefined>
  alarms(prefix: string): Promise<readonly ShownAlarm[]>
  key(keyId: string): Promise<ShownKey>
  /** Whether KMS replaces its material every year. */
  isKeyRotated(keyId: string): Promise<boolean>
  /** @returns `ENABLED` or `DISABLED`; undefined: there is no such schedule. */
  schedule(name: string): Promise<string | undefined>
  /** @returns undefined: there is no such bus. */
  rules(busName: string): Promise<readonly ShownRule[] | undefined>
}

/** Pages at most: of SNS a hundred subscriptions each, of CloudWatch a hundred alarms. */
const MOST_PAGES = 10

/** @param base its credentials and its Region are used */
export const openStageLooks = async (
  base: SecretsManagerClient,
  endpointOf: EndpointOf = processEndpoint,
): Promise<StageLooks> => {
  const region = await base.config.region()
  const services = createSignedProtocols({ base, region, endpointOf })
  const { credentials } = base.config
  const endpoint = endpointOf('EVENTBRIDGE')
  const eventBridge = new EventBridgeClient({ ...awsClientSettings, region, credentials, ...defined({ endpoint }) })

  /** Page after page, by the Query protocol's own token. */
  const pages = async (
    service: 'sns' | 'monitoring',
    action: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<string> => {
    const found: string[] = []
    let token: string | undefined
    do {
      const page = token === undefined ? {} : { NextToken: token }
      const xml = await services.query(service, action, { ...parameters, ...page })
      found.push(xml)
      token = elementsOf(xml, 'NextToken')[0]
    } while (token !== undefined && token !== '' && found.length < MOST_PAGES)
    return found.join('')
  }

  return {
    account: async () => elementsOf(await services.query('sts', 'GetCallerIdentity'), 'Account')[0] ?? '',
    subscriptions: async (topicArn) => {
      const xml = await unlessMissing(pages('sns', 'ListSubscriptionsByTopic', { TopicArn: topicArn }))
      return xml
        ?.split('<member>')
        .slice(1)
        .map((member) => {
          const [protocol = '', endpoint = '', arn = ''] = ['Protocol', 'Endpoint', 'SubscriptionArn'].map(
            (element) => elementsOf(member, element)[0],
          )
          return { protocol, endpoint, arn }
        })
    },
    alarms: async (prefix) => {
      const xml = await pages('monitoring', 'DescribeAlarms', { AlarmNamePrefix: prefix })
      // Each alarm has one of each, whatever else stands nested in it.
      const [names = [], states = [], actions = []] = ['AlarmName', 'StateValue', 'ActionsEnabled'].map((element) =>
        elementsOf(xml, element),
      )
      return names.map((name, at) => ({ name, state: states[at] ?? '', notifies: actions[at] !== 'false' }))
    },
    key: async (keyId) => {
      const { KeyMetadata: metadata } = await services.json('kms', 'TrentService.DescribeKey', { KeyId: keyId })
      const shown = typeof metadata === 'object' && metadata !== null ? { ...metadata } : {}
      const [state, id] = ['KeyState', 'Arn'].map((name): unknown => Reflect.get(shown, name))
      // An alias has no policy of its own.
      const input = { KeyId: typeof id === 'string' ? id : keyId, PolicyName: 'default' }
      const { Policy: text } = await services.json('kms', 'TrentService.GetKeyPolicy', input)
      const policy = parseJsonObject(typeof text === 'string' ? text : '')
      return { state: typeof state === 'string' ? state : 'unknown', policy }
    },
    isKeyRotated: async (keyId) => {
      const shown = await services.json('kms', 'TrentService.GetKeyRotationStatus', { KeyId: keyId })
      return shown.KeyRotationEnabled === true
    },
    schedule: async (name) => {
      const shown = await unlessMissing(
        services.get('scheduler', 'GetSchedule', `/schedules/${encodeURIComponent(name)}`),
      )
      if (shown === undefined) return undefined
      if (typeof shown.State === 'string') return shown.State
      throw new AwsCallError('scheduler:GetSchedule', 'no state', '')
    },
    rules: async (busName) => {
      const found: ShownRule[] = []
      let token: string | undefined
      do {
        const call = eventBridge.send(new ListRulesCommand({ EventBusName: busName, NextToken: token }))
        const page = await unlessMissing(asked('events:ListRules', call))
        if (page === undefined) return undefined
        for (const { Name: name = '', State: state } of page.Rules ?? []) {
          found.push({ name, isEnabled: state !== 'DISABLED' })
        }
        token = page.NextToken
      } while (token !== undefined)
      return found
    },
  }
}
