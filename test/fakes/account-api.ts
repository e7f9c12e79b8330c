// The AWS services that the stand-in does not play, as far as a check before a deployment asks them: over HTTP, in AWS's own protocols, with
// AWS's error names. What is there, what is denied and what is broken is each test's to say.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AccountState {
  account: string
  /** `logs m2m-prod`: service and name of what exists. */
  taken: Set<string>
  /** IAM actions. */
  denied: Set<string>
  /** Undefined: there is none. */
  stack: { status: string; resources: readonly (readonly [type: string, id: string, status: string])[] } | undefined
  keyState: string
  keyPolicy: object
  topicPolicy: object
  logRole: string | undefined
  /** Every action that was asked for. */
  asked: Set<string>
}

/** Ends of the SDK's endpoint variables. */
const SERVICES = [
  'KMS',
  'CLOUDWATCH_LOGS',
  'SQS',
  'DYNAMODB',
  'IAM',
  'STS',
  'SNS',
  'CLOUDFORMATION',
  'CLOUDWATCH',
  'API_GATEWAY',
  'SCHEDULER',
  'EVENTBRIDGE',
]

interface Reply {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const json = (status: number, body: object): Reply => ({ status, body: JSON.stringify(body) })
const jsonError = (type: string, message = 'no'): Reply => ({
  ...json(400, { __type: `com.amazonaws#${type}`, message }),
  headers: { 'x-amzn-errortype': type },
})
const xml = (action: string, inner: string): Reply => ({
  status: 200,
  body: `<${action}Response xmlns="https://aws"><${action}Result>${inner}</${action}Result></${action}Response>`,
})
const xmlError = (status: number, code: string, message: string): Reply => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
})

const member = ([type, id, status]: readonly [string, string, string]): string =>
  `<member><ResourceType>${type}</ResourceType><PhysicalResourceId>${id}</PhysicalResourceId><ResourceStatus>${status}</ResourceStatus></member>`

const createAnswers = (state: AccountState) => {
  const isTaken = (service: string, name: unknown): boolean => state.taken.has(`${service} ${String(name)}`)

  const answerJson = (service: string, operation: string, input: Readonly<Record<string, unknown>>): Reply => {
    switch (operation) {
      case 'ListAliases':
        // In two pages, as a busy account's.
        return input.Marker === undefined
          ? json(200, { Aliases: [{ AliasName: 'alias/aws/s3' }], Truncated: true, NextMarker: 'two' })
          : json(200, {
              Aliases: [...state.taken]
                .filter((one) => one.startsWith('kms '))
                .map((one) => ({ AliasName: one.slice(4) })),
              Truncated: false,
            })
      case 'DescribeKey':
        return json(200, { KeyMetadata: { KeyState: state.keyState } })
      case 'GetKeyPolicy':
        return json(200, { Policy: JSON.stringify(state.keyPolicy) })
      case 'DescribeLogGroups':
        return json(200, {
          // By prefix, so that a longer name comes back as well.
          logGroups: [
            { logGroupName: `${String(input.logGroupNamePrefix)}-of-another` },
            ...(isTaken(service, input.logGroupNamePrefix) ? [{ logGroupName: input.logGroupNamePrefix }] : []),
          ],
        })
      case 'GetQueueUrl':
        return isTaken(service, input.QueueName)
          ? json(200, { QueueUrl: `https://sqs/1/${String(input.QueueName)}` })
          : jsonError('QueueDoesNotExist')
      case 'DescribeTable':
        return isTaken(service, input.TableName) ? json(200, { Table: {} }) : jsonError('ResourceNotFoundException')
      case 'DescribeEventBus':
        return isTaken(service, input.Name) ? json(200, { Name: input.Name }) : jsonError('ResourceNotFoundException')
      default:
        return jsonError('UnknownOperationException')
    }
  }

  const answerQuery = (service: string, action: string, input: URLSearchParams): Reply => {
    const found = (name: string | null, code: string, inner = ''): Reply =>
      isTaken(service, name) ? xml(action, inner) : xmlError(404, code, 'not there')
    const topicAttributes = (): string => {
      const policy = JSON.stringify(state.topicPolicy).replaceAll('"', '&quot;')
      return `<Attributes><entry><key>Owner</key><value>${state.account}</value></entry><entry><key>Policy</key><value>${policy}</value></entry></Attributes>`
    }
    switch (action) {
      case 'GetCallerIdentity':
        return xml(action, `<Arn>arn:aws:iam::${state.account}:role/ada</Arn><Account>${state.account}</Account>`)
      case 'DescribeStacks':
        return state.stack === undefined
          ? xmlError(400, 'ValidationError', `Stack with id ${input.get('StackName')} does not exist`)
          : xml(action, `<Stacks><member><StackStatus>${state.stack.status}</StackStatus></member></Stacks>`)
      case 'DescribeType':
        return isTaken(service, input.get('TypeName'))
          ? xmlError(404, 'TypeNotFoundException', 'The type is not registered')
          : xml(action, `<TypeName>${input.get('TypeName')}</TypeName>`)
      case 'ListStackResources': {
        const all = state.stack?.resources ?? []
        const [first, ...rest] = all
        const isFirst = input.get('NextToken') === null
        const shown = isFirst ? [first].filter((one) => one !== undefined) : rest
        const token = isFirst && rest.length > 0 ? '<NextToken>two</NextToken>' : ''
        return xml(action, `<StackResourceSummaries>${shown.map(member).join('')}</StackResourceSummaries>${token}`)
      }
      case 'GetRole':
        return found(input.get('RoleName'), 'NoSuchEntity')
      case 'GetPolicy':
        return found(input.get('PolicyArn'), 'NoSuchEntity')
      case 'GetTopicAttributes':
        return found(input.get('TopicArn'), 'NotFound', topicAttributes())
      case 'GetDashboard':
        return found(input.get('DashboardName'), 'ResourceNotFound')
      case 'DescribeAlarms': {
        const name = input.get('AlarmNames.member.1')
        return xml(action, isTaken(service, name) ? `<member><AlarmName>${name}</AlarmName></member>` : '')
      }
      default:
        return xmlError(400, 'InvalidAction', 'no such action')
    }
  }

  const answerRest = (service: string, path: string): Reply => {
    if (path === '/account') return json(200, state.logRole === undefined ? {} : { cloudwatchRoleArn: state.logRole })
    const name = decodeURIComponent(path.replace('/schedules/', ''))
    return isTaken(service, name)
      ? json(200, { Name: name })
      : { ...jsonError('ResourceNotFoundException'), status: 404 }
  }
  return { answerJson, answerQuery, answerRest }
}

export interface AccountApi {
  readonly state: AccountState
  /** By the SDK's own variables. */
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

export const startAccountApi = async (): Promise<AccountApi> => {
  const state: AccountState = {
    account: '111122223333',
    taken: new Set(),
    denied: new Set(),
    stack: undefined,
    keyState: 'Enabled',
    keyPolicy: {},
    topicPolicy: {},
    logRole: undefined,
    asked: new Set(),
  }
  const { answerJson, answerQuery, answerRest } = createAnswers(state)
  const server = createServer(async (message, response) => {
    const parts: Buffer[] = []
    for await (const part of message) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString('utf8')
    const path = message.url ?? '/'
    // Whose signature it is says which service is meant.
    const [, service = ''] =
      /Credential=[^/]+\/\d+\/[a-z0-9-]+\/([a-z]+)\/aws4_request/.exec(message.headers.authorization ?? '') ?? []
    const target = String(message.headers['x-amz-target'] ?? '')
    const input = new URLSearchParams(body)
    const operation = target.split('.')[1] ?? input.get('Action') ?? (service === 'apigateway' ? 'GET' : 'GetSchedule')
    state.asked.add(`${service}:${operation}`)
    const answer = (): Reply => {
      if (service === '') return jsonError('MissingAuthenticationToken')
      if (state.denied.has(`${service}:${operation}`)) {
        return input.has('Action') ? xmlError(403, 'AccessDenied', 'no') : jsonError('AccessDeniedException')
      }
      if (target !== '') return answerJson(service, operation, JSON.parse(body) as Record<string, unknown>)
      return input.has('Action') ? answerQuery(service, operation, input) : answerRest(service, path)
    }
    const { status, body: text, headers = {} } = answer()
    response.writeHead(status, headers).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    state,
    environment: Object.fromEntries(SERVICES.map((name) => [`AWS_ENDPOINT_URL_${name}`, origin])),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
