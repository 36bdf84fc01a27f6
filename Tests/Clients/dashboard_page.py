"""What the tests of the dashboard have in common: where things are on the page, and how people act."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

LIVE = "document.querySelector('#state').dataset.state === 'live'"
ROWS = "document.querySelectorAll('#events .row:not(.mark)').length"
COUNT = "document.querySelector('#count').textContent"


def text(browser, selector):
    return browser.run("return document.querySelector(arguments[0])?.textContent", selector)


def texts(browser, selector):
    return browser.run(
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)


def number(selector):
    """The script that counts elements."""
    return f"document.querySelectorAll({selector!r}).length"


def is_seen(browser, selector):
    return browser.run("return document.querySelector(arguments[0])?.checkVisibility() ?? false", selector)


def click(browser, selector):
    browser.driver.find_element(By.CSS_SELECTOR, selector).click()


def write(browser, selector, words):
    field = browser.driver.find_element(By.CSS_SELECTOR, selector)
    field.clear()
    field.send_keys(words)


def enter(browser, selector):
    browser.driver.find_element(By.CSS_SELECTOR, selector).send_keys(Keys.ENTER)


def chip(browser, kind):
    browser.run("[...document.querySelectorAll('.chip')].find((c) => c.textContent.startsWith(arguments[0])).click()", kind)


def press(browser, name):
    """Presses a button of the record that is open."""
    browser.run("[...document.querySelectorAll('#record button')].find((b) => b.textContent === arguments[0]).click()", name)


def screen(browser, width, height=800):
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": True})


def close(browser):
    browser.driver.close()
    browser.driver.switch_to.window(browser.driver.window_handles[0])
