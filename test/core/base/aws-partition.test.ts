// Where AWS’s services listen, in every partition that AWS’s SDKs know.
import { describe, expect, test } from 'vitest'
import { isAwsHost, partitionOf, serviceHost } from '../../../lambda/core/base/aws-partition.ts'

describe('a Region', () => {
  test.each([
    ['eu-west-1', 'aws', 'ssm.eu-west-1.amazonaws.com'],
    ['us-east-1', 'aws', 'ssm.us-east-1.amazonaws.com'],
    ['us-gov-west-1', 'aws-us-gov', 'ssm.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'aws-cn', 'ssm.cn-north-1.amazonaws.com.cn'],
    ['eusc-de-east-1', 'aws-eusc', 'ssm.eusc-de-east-1.amazonaws.eu'],
    ['us-iso-east-1', 'aws-iso', 'ssm.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'aws-iso-b', 'ssm.us-isob-east-1.sc2s.sgov.gov'],
    ['us-isof-south-1', 'aws-iso-f', 'ssm.us-isof-south-1.csp.hci.ic.gov'],
    ['eu-isoe-west-1', 'aws-iso-e', 'ssm.eu-isoe-west-1.cloud.adc-e.uk'],
  ])('%s is of %s', (region, partition, host) => {
    expect(partitionOf(region).partition).toBe(partition)
    expect(serviceHost('ssm', region)).toBe(host)
  })
})

test.each([
  ['cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com', true],
  ['x.s3.cn-north-1.amazonaws.com.cn', true],
  ['x.s3.eusc-de-east-1.amazonaws.eu', true],
  ['amazonaws.com', false],
  ['evil-amazonaws.com', false],
  ['x.amazonaws.com.example.org', false],
])('%s is one of AWS’s hosts: %s', (hostname, expected) => {
  expect(isAwsHost(hostname)).toBe(expected)
})
