// Plays what notifies people: topics with their subscriptions, and alarms by name. Alarms measure nothing here.
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
        const { TopicArn, Protocol, Endpoint } = subscription.properties
        unsubscribe(subscription)
        const topic = String(TopicArn).split(':').at(-1) ?? ''
        subscriptions.set(subscription.name, resources.subscribe(topic, String(Protocol), String(Endpoint)))
      },
      remove: unsubscribe,
    },
    'AWS::CloudWatch::Alarm': {
      put: ({ name }, before) => {
        if (before === undefined) resources.addAlarm(name)
      },
      remove: ({ name }) => resources.removeAlarm(name),
    },
  }
}
