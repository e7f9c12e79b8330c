// Plays what notifies people: topics with their subscriptions, and alarms with what they act on. Alarms measure nothing here.
import { defined } from '../../../core/base/defined.ts'
import { fieldsOf, textsOf } from '../../stand-in/fields.ts'
import type { StackHost } from '../host.ts'
import type { PlayedResource, Players } from '../player.ts'

export const noticePlayers = ({ resources }: StackHost): Players => {
  const subscriptions = new Map<string, () => void>()
  const unsubscribe = ({ name }: PlayedResource): void => {
    subscriptions.get(name)?.()
    subscriptions.delete(name)
  }
  return {
    'AWS::SNS::Topic': {
      put: ({ name }, before) => {
        if (before === undefined) resources.addTopic(name)
      },
      remove: ({ name }) => resources.removeTopic(name),
    },
    'AWS::SNS::TopicPolicy': { put: () => undefined },
    'AWS::SNS::Subscription': {
      put: (subscription) => {
        const { TopicArn, Protocol, Endpoint, RedrivePolicy } = subscription.properties
        const { deadLetterTargetArn } = fieldsOf(RedrivePolicy)
        unsubscribe(subscription)
        const topic = String(TopicArn).split(':').at(-1) ?? ''
        const made = {
          protocol: String(Protocol),
          endpoint: String(Endpoint),
          ...defined({ deadLetterArn: typeof deadLetterTargetArn === 'string' ? deadLetterTargetArn : undefined }),
        }
        subscriptions.set(subscription.name, resources.subscribe(topic, made))
      },
      remove: unsubscribe,
    },
    'AWS::CloudWatch::Alarm': {
      put: ({ name, properties }) => {
        const { AlarmActions, OKActions, InsufficientDataActions, ActionsEnabled } = properties
        resources.addAlarm(name, {
          ALARM: textsOf(AlarmActions),
          OK: textsOf(OKActions),
          INSUFFICIENT_DATA: textsOf(InsufficientDataActions),
          areEnabled: ActionsEnabled !== false,
        })
        return undefined
      },
      remove: ({ name }) => resources.removeAlarm(name),
    },
  }
}
