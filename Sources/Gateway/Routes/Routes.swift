/// The table of all routes.
enum Routes {
    static let all: [Route] =
        events + records + push + publish + signatures + subscribers + health + descriptions
}
