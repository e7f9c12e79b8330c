// Each client's secret has an output of its own, however alike the names of two clients are.
import { describe, expect, test } from 'vitest'
import { secretArnOutputs } from '../../lib/clients/client-outputs.ts'
import { synthStack } from './synth.ts'

const client = (name: string) => ({ name, description: 'x', scopes: ['s'] })

test('a name that differs from all others in a letter or digit keeps the output that it has always had', () => {
  expect(Object.fromEntries(secretArnOutputs(['billing', 'order-intake', 'v1.orders']))).toEqual({
    billing: 'SecretArnbilling',
    'order-intake': 'SecretArnorderintake',
    'v1.orders': 'SecretArnv1orders',
  })
})

test('names that differ in nothing else have a hash each, whatever their order, and the plain name is taken by none', () => {
  const names = ['a-b', 'ab', 'a.b', 'a_b', 'other']
  const outputs = secretArnOutputs(names)

  expect(new Set(outputs.values()).size).toBe(names.length)
  expect(secretArnOutputs(names.toReversed())).toEqual(new Map([...outputs].toReversed()))
  expect([...outputs.values()]).not.toContain('SecretArnab')
  expect(outputs.get('other')).toBe('SecretArnother')
  for (const output of outputs.values()) expect(output).toMatch(/^[A-Za-z0-9]{1,255}$/)
})

describe('a stack with `a-b` and `ab`', () => {
  const { template } = synthStack({ clients: [client('a-b'), client('ab')] })
  const resources = Object.entries(template().findResources('Custom::M2mClient'))

  test('declares both, each under the id that it has alone', () => {
    const alone = synthStack({ clients: [client('a-b')] }).template()
    const [id = ''] = Object.keys(alone.findResources('Custom::M2mClient'))

    expect(resources).toHaveLength(2)
    expect(resources.map(([logicalId]) => logicalId)).toContain(id)
  })

  test('tells the ARN of each', () => {
    const outputs = Object.values(template().findOutputs('*'))

    for (const [id] of resources) {
      expect(outputs.filter(({ Value: value }) => value?.['Fn::GetAtt']?.join('.') === `${id}.SecretArn`)).toHaveLength(
        1,
      )
    }
  })
})
