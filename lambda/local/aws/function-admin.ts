// Lambda's API for functions that a script makes and removes: CreateFunction, AddPermission, ListFunctions, DeleteFunction, and the state that
// GetFunctionConfiguration shows of them. Whoever makes the stand-in runs the code. As in AWS, a role that was made a moment ago cannot be assumed
// yet, a function is Pending at first, and Secrets Manager invokes none that does not permit it.

import type { Statement } from '../iam/policy.ts'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'
import { functionNotFound } from './durable-executions.ts'
import type { Functions } from './functions.ts'
import { answered, lambdaReply } from './lambda-wire.ts'
import type { AwsSettings } from './settings.ts'

export interface FunctionAdmin {
  /** @returns undefined when the request is none of these. */
  route(request: StandInRequest): Operation | undefined
  /** Of a function that was made here: whether its policy lets Secrets Manager invoke it. Others are permitted by their template. */
  mayBeRotatedBy(functionArn: string): boolean
  clear(): void
}

export interface FunctionAdminInput {
  readonly functions: Functions
  readonly functionArnOf: (text: string) => string
  readonly roleMadeAt: (roleArn: string) => number | undefined
  readonly settings: Readonly<AwsSettings>
  readonly now: () => number
  /** A statement was added to a function's policy. */
  readonly onPermit?: (functionArn: string, statement: Statement) => void
}

interface Made {
  readonly name: string
  readonly role: string
  readonly madeAt: number
  readonly permitted: Map<string, string>
}

const ALL = /^\/2015-03-31\/functions\/?$/
const ONE = /^\/2015-03-31\/functions\/([^/]+)$/
const OF_ONE = /^\/2015-03-31\/functions\/([^/]+)\/(policy|configuration)$/
const PAGE = 50
const SECRETS_MANAGER = 'secretsmanager.amazonaws.com'

const text = (value: unknown, name: string): string => {
  if (typeof value === 'string' && value !== '') return value
  throw new AwsFault('InvalidParameterValueException', `${name} is missing.`)
}

/** What AddPermission stores (Lambda API reference, AddPermission). */
const statementOf = (functionArn: string, asked: Readonly<Record<string, unknown>>): Statement => {
  const { StatementId: Sid, Action, Principal, SourceArn, SourceAccount } = asked
  const principal = text(Principal, 'Principal')
  return {
    Sid,
    Effect: 'Allow',
    Principal: principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal },
    Action,
    Resource: functionArn,
    Condition: {
      ...(SourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': SourceArn } }),
      ...(SourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': SourceAccount } }),
    },
  }
}

const nameOf = (functionArn: string): string => functionArn.split(':')[6] ?? ''

export const createFunctionAdmin = (input: FunctionAdminInput): FunctionAdmin => {
  const { functions, functionArnOf, roleMadeAt, settings, now } = input
  const made = new Map<string, Made>()

  const shown = (functionArn: string): object => {
    const one = made.get(functionArn)
    const isPending = one !== undefined && now() < one.madeAt + settings.newFunctionMs
    return {
      FunctionName: nameOf(functionArn),
      FunctionArn: functionArn,
      ...(one === undefined ? {} : { Role: one.role }),
      State: isPending ? 'Pending' : 'Active',
    }
  }

  /** @throws AwsFault */
  const create = (body: string): StandInReply => {
    const asked = JSON.parse(body) as Record<string, unknown>
    const name = text(asked.FunctionName, 'FunctionName')
    const role = text(asked.Role, 'Role')
    const { ZipFile: zip } = (asked.Code ?? {}) as Record<string, unknown>
    const functionArn = functionArnOf(name)
    if (functions.exists(functionArn)) {
      throw new AwsFault('ResourceConflictException', `Function already exist: ${name}`, 409)
    }
    const roleAt = roleMadeAt(role)
    if (roleAt === undefined || now() < roleAt + settings.newRoleMs) {
      throw new AwsFault(
        'InvalidParameterValueException',
        'The role defined for the function cannot be assumed by Lambda.',
      )
    }
    if (functions.create === undefined) throw new AwsFault('ServiceException', 'No functions can be made here.', 500)
    functions.create({
      functionArn,
      zip: Buffer.from(text(zip, 'Code.ZipFile'), 'base64'),
      handler: text(asked.Handler, 'Handler'),
      timeoutMs: Number(asked.Timeout ?? 3) * 1000,
      isDurable: typeof asked.DurableConfig === 'object' && asked.DurableConfig !== null,
    })
    made.set(functionArn, { name, role, madeAt: now(), permitted: new Map() })
    return lambdaReply(201, { ...shown(functionArn), Version: asked.Publish === true ? '1' : '$LATEST' })
  }

  /** @throws AwsFault */
  const permit = (functionArn: string, body: string): StandInReply => {
    const one = made.get(functionArn)
    const asked = JSON.parse(body) as Record<string, unknown>
    const { StatementId: id, Principal: principal } = asked
    if (one?.permitted.has(String(id)) === true) {
      throw new AwsFault('ResourceConflictException', `The statement id (${String(id)}) provided already exists.`, 409)
    }
    one?.permitted.set(text(id, 'StatementId'), text(principal, 'Principal'))
    const statement = statementOf(functionArn, asked)
    input.onPermit?.(functionArn, statement)
    return lambdaReply(201, { Statement: JSON.stringify(statement) })
  }

  const list = (query: URLSearchParams): StandInReply => {
    const all = [...(functions.all?.() ?? [])].sort()
    const from = Number(query.get('Marker') ?? 0)
    const next = from + PAGE
    return lambdaReply(200, {
      Functions: all.slice(from, next).map(shown),
      ...(next < all.length ? { NextMarker: String(next) } : {}),
    })
  }

  const remove = (functionArn: string): StandInReply => {
    functions.remove?.(functionArn)
    made.delete(functionArn)
    return lambdaReply(204, '')
  }

  /** @throws AwsFault */
  const existing = (functionArn: string, act: () => StandInReply): StandInReply => {
    if (functions.exists(functionArn)) return act()
    throw functionNotFound({ functionArn, qualifier: undefined })
  }

  const operation = (op: string, functionArn: string | null, act: () => StandInReply): Operation => ({
    op,
    subject: functionArn,
    run: () => answered(act),
  })

  return {
    route: ({ method, path, query, body }) => {
      if (ALL.test(path)) {
        if (method === 'POST') return operation('CreateFunction', null, () => create(body))
        return method === 'GET' ? operation('ListFunctions', null, () => list(query)) : undefined
      }
      const of = (name = ''): string => functionArnOf(decodeURIComponent(name))
      const one = ONE.exec(path)
      if (one !== null && method === 'DELETE') {
        const functionArn = of(one[1])
        return operation('DeleteFunction', functionArn, () => existing(functionArn, () => remove(functionArn)))
      }
      const [, name, what] = OF_ONE.exec(path) ?? []
      if (what === 'policy' && method === 'POST') {
        return operation('AddPermission', of(name), () => existing(of(name), () => permit(of(name), body)))
      }
      if (what === 'configuration' && method === 'GET' && made.has(of(name))) {
        return operation('GetFunctionConfiguration', of(name), () => lambdaReply(200, shown(of(name))))
      }
      return undefined
    },
    mayBeRotatedBy: (functionArn) => {
      const one = made.get(functionArn)
      return one === undefined || [...one.permitted.values()].includes(SECRETS_MANAGER)
    },
    clear: () => {
      for (const functionArn of made.keys()) functions.remove?.(functionArn)
      made.clear()
    },
  }
}
