// CloudFormation's intrinsic functions, without knowing what a reference stands for: whoever evaluates a template says that. A function that
// is not known here is refused by name, unless its reader has a text for it.
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import { fieldsOf } from '../stand-in/fields.ts'

/** What a template's references stand for. */
export interface References {
  /** Of Ref. Undefined: AWS::NoValue, which leaves the property out. */
  readonly reference: (id: string) => unknown
  /** Of Fn::GetAtt. */
  readonly attribute: (id: string, name: string) => unknown
  /** Of Fn::ImportValue. @default - refused: nothing is exported */
  readonly imported?: (name: string) => unknown
  /** The template's section. @default - none */
  readonly conditions?: JsonObject
  /** The template's section. @default - none */
  readonly mappings?: JsonObject
  /** What stands for a function that is not known here. @default - an Error that names it */
  readonly unknown?: (value: unknown) => unknown
}

export interface Evaluator {
  /** @throws Error that names what is not known. */
  readonly evaluate: (value: unknown) => unknown
  /** Of a condition's name, or of what Fn::If and Rules hold. */
  readonly isTrue: (condition: unknown) => boolean
  /** @throws Error where the value is no text. */
  readonly text: (value: unknown) => string
}

/** Where Fn::Sub names a resource, an attribute or a variable; `${!…}` is a literal. */
const SUBSTITUTED = /\$\{(!?)([^}]*)\}/g

const attributeOf = (argument: unknown): readonly [id: string, name: string] => {
  const [id = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.')
  return [id, rest.join('.')]
}

/** What a template's text names: the resources behind Ref, Fn::GetAtt and Fn::Sub, wherever they stand. */
export const referredIds = (value: unknown): ReadonlySet<string> => {
  const found = new Set<string>()
  const look = (one: unknown): void => {
    if (Array.isArray(one)) for (const inner of one) look(inner)
    if (!isJsonObject(one)) return
    if (typeof one.Ref === 'string') found.add(one.Ref)
    if (one['Fn::GetAtt'] !== undefined) found.add(attributeOf(one['Fn::GetAtt'])[0])
    const [pattern] = [one['Fn::Sub']].flat()
    if (typeof pattern === 'string') {
      for (const [, , name = ''] of pattern.matchAll(SUBSTITUTED)) found.add(name.split('.')[0] ?? '')
    }
    for (const inner of Object.values(one)) look(inner)
  }
  look(value)
  return found
}

export const createEvaluator = (references: References): Evaluator => {
  const { reference, attribute, conditions = {}, mappings = {} } = references

  const text = (value: unknown): string => {
    const found = evaluate(value)
    if (['string', 'number', 'boolean'].includes(typeof found)) return String(found)
    throw new Error(`The template has ${JSON.stringify(value)} where a text is expected.`)
  }

  const listOf = (value: unknown): readonly unknown[] => {
    const found = evaluate(value)
    if (Array.isArray(found)) return found
    throw new Error(`The template has ${JSON.stringify(value)} where a list is expected.`)
  }

  const substitute = (argument: unknown): string => {
    const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}]
    const given = fieldsOf(variables)
    return String(pattern).replaceAll(SUBSTITUTED, (whole, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`
      if (name in given) return text(given[name])
      const [id, field] = attributeOf(name)
      const found = field === '' ? reference(id) : attribute(id, field)
      return found === undefined ? whole : String(found)
    })
  }

  const isTrue = (condition: unknown): boolean => {
    if (typeof condition === 'boolean') return condition
    if (typeof condition === 'string') {
      if (condition in conditions) return isTrue(conditions[condition])
      throw new Error(`The template has no condition ${condition}.`)
    }
    const [name = '', argument] = Object.entries(fieldsOf(condition))[0] ?? []
    const all = Array.isArray(argument) ? argument : []
    switch (name) {
      case 'Condition':
        return isTrue(argument)
      case 'Fn::Not':
        return !isTrue(all[0])
      case 'Fn::And':
        return all.every(isTrue)
      case 'Fn::Or':
        return all.some(isTrue)
      case 'Fn::Equals':
        return JSON.stringify(evaluate(all[0])) === JSON.stringify(evaluate(all[1]))
      case 'Fn::Contains':
        return listOf(all[0]).map(String).includes(text(all[1]))
      default:
        throw new Error(`The template has ${JSON.stringify(condition)} where a condition is expected.`)
    }
  }

  const functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (id) => reference(String(id)),
    'Fn::GetAtt': (argument) => attribute(...attributeOf(argument)),
    'Fn::Sub': substitute,
    'Fn::Join': (argument) => {
      const [separator = '', parts] = Array.isArray(argument) ? argument : []
      return listOf(parts).map(text).join(String(separator))
    },
    'Fn::Split': (argument) => {
      const [separator = '', joined] = Array.isArray(argument) ? argument : []
      return text(joined).split(String(separator))
    },
    'Fn::Select': (argument) => {
      const [at, list] = Array.isArray(argument) ? argument : []
      return listOf(list)[Number(text(at))]
    },
    'Fn::If': (argument) => {
      const [condition, whenTrue, whenFalse] = Array.isArray(argument) ? argument : []
      return evaluate(isTrue(condition) ? whenTrue : whenFalse)
    },
    'Fn::FindInMap': (argument) => {
      const [map, top, second] = (Array.isArray(argument) ? argument : []).map(text)
      return fieldsOf(fieldsOf(mappings[map ?? ''])[top ?? ''])[second ?? '']
    },
    'Fn::Base64': (argument) => Buffer.from(text(argument)).toString('base64'),
    'Fn::ImportValue': (argument) => {
      const name = text(argument)
      const found = references.imported?.(name) ?? references.unknown?.({ 'Fn::ImportValue': name })
      if (found === undefined) throw new Error(`The template uses Fn::ImportValue of ${name}, which nothing exports.`)
      return found
    },
  }

  const evaluate = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(evaluate).filter((one) => one !== undefined)
    if (!isJsonObject(value)) return value
    const [name = '', ...others] = Object.keys(value)
    const apply = others.length === 0 ? functions[name] : undefined
    if (apply !== undefined) return apply(value[name])
    if (others.length === 0 && name.startsWith('Fn::')) {
      if (references.unknown !== undefined) return references.unknown(value)
      throw new Error(`The template uses ${name}, which lambda/local/stack does not know.`)
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, inner]) => [key, evaluate(inner)] as const)
        .filter(([, inner]) => inner !== undefined),
    )
  }

  return { evaluate, isTrue, text }
}
