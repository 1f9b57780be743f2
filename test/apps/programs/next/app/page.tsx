export default function Page(): string {
  return 'Ask /greet'
}
